/** One message for all that is wrong with a config file. */
import type { Place } from './config-text';
import type { Problem } from './problems';

/** The text of a config file, whatever its syntax. */
export interface PlacedText {
  readonly path: string;
  /** The file's one object. */
  readonly value: Record<string, unknown>;
  /** Where the key or value at `path` is; undefined where the file does not hold it. */
  placeOf(path: readonly (string | number)[]): Place | undefined;
  repeatedKeys(): { readonly path: string[]; readonly place: Place }[];
}

/** All problems, in the order of the file: each round of correct-and-try costs the reader a deployment. */
export const reportProblems = (text: PlacedText, problems: readonly Problem[]): string => {
  const placed = problems.map((problem) => {
    // A key that is missing is looked for in its section.
    const place = text.placeOf(problem.path) ?? text.placeOf(problem.path.slice(0, -1));
    const where = place === undefined ? '' : ` (line ${place.line}, column ${place.column})`;
    return { text: problem.text + where, order: place === undefined ? Infinity : place.line * 1e6 + place.column };
  });
  const repeated = text.repeatedKeys().map(({ path, place }) => ({
    text: `${path.join('.')} is given twice (line ${place.line}, column ${place.column})`,
    order: place.line * 1e6 + place.column,
  }));
  const phrases = [...placed, ...repeated].sort((a, b) => (a.order < b.order ? -1 : 1)).map((item) => item.text);
  return `${text.path}: ${phrases.join('; ')}.`;
};
