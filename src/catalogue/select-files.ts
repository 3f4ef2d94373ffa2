/** Which files of a raw file to restore: all, or those that globs name. */
import picomatch from 'picomatch';
import { LonghaulError } from '../model/errors';
import type { CatalogueFile } from './types';

/** No negation and no extended globs: what does not mean what it says to everybody is taken as text. */
const OPTIONS: picomatch.PicomatchOptions = { dot: true, nonegate: true, noextglob: true };
const MAX_EXAMPLES = 3;

const matcherOf = (glob: string): ((path: string) => boolean) => {
  try {
    return picomatch(glob, OPTIONS);
  } catch {
    throw new LonghaulError('InvalidInput', `include: ${JSON.stringify(glob)} is not a glob.`);
  }
};

/**
 * The files whose whole path matches one of the globs, in their order; all of them without globs. `*` stays within a
 * folder, `**` goes through folders, names that begin with a dot match too. Throws NoFilesSelected that names the globs
 * where nothing is left.
 */
export const selectFiles = (
  files: readonly CatalogueFile[],
  include: readonly string[] | null | undefined,
): readonly CatalogueFile[] => {
  if (include === null || include === undefined) return files;
  const matchers = include.map(matcherOf);
  const selected = files.filter(({ path }) => matchers.some((matches) => matches(path)));
  if (selected.length > 0) return selected;
  const quoted = (texts: readonly string[]): string =>
    texts.map((text) => JSON.stringify(text.slice(0, 120))).join(', ');
  const examples = quoted(files.slice(0, MAX_EXAMPLES).map(({ path }) => path));
  const more = files.length > MAX_EXAMPLES ? ', …' : '';
  throw new LonghaulError(
    'NoFilesSelected',
    `No file matches include ${quoted(include)}: there are ${files.length} files, such as ${examples}${more}.`,
  );
};
