/** Which files of the list a run is asked for: a retry of failed files names them as its result did. */
import { LonghaulError } from '../model/errors';
import type { SourceUrl } from '../transfer/source-url';

interface Selectable {
  readonly entry: { readonly url: SourceUrl };
  readonly key: string;
}

/** A URL is compared as results show it: without credentials, query and fragment. */
const displayOf = (text: string): string => {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return text;
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
};

/** Throws InvalidInput that names what is not in the list; a name of several files means all of them. */
export const selectFiles = <T extends Selectable>(files: readonly T[], wanted: readonly string[] | undefined): T[] => {
  if (wanted === undefined) return [...files];
  const left = new Set(wanted.map(displayOf));
  const asked = new Set(left);
  const chosen = files.filter(({ entry, key }) => {
    const names = [key, key.slice(key.lastIndexOf('/') + 1), entry.url.display].filter((name) => asked.has(name));
    for (const name of names) left.delete(name);
    return names.length > 0;
  });
  if (left.size === 0) return chosen;
  const missing = [...left].slice(0, 10).map((name) => `"${name.slice(0, 200)}"`);
  throw new LonghaulError(
    'InvalidInput',
    `"files" names what parameters.json does not hold: ${missing.join(', ')}${left.size > 10 ? ', …' : ''}.`,
  );
};
