/** The map from what a URL holds to the name of its file: LONGHAUL_INGEST_FILE_NAMES. */
import { LonghaulError } from '../model/errors';
import type { FileNameRule } from './ingest-types';

export const DEFAULT_FILE_NAMES: readonly FileNameRule[] = [
  'rent_contracts',
  'transactions',
  'projects',
  'units',
  'developers',
  'buildings',
].map((match) => ({ match, name: `${match}.csv` }));

const refuse = (fault: string): LonghaulError =>
  new LonghaulError('ConfigInvalid', `Environment variable LONGHAUL_INGEST_FILE_NAMES: ${fault}.`);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw refuse('not JSON; expected ["transactions"] or {"transactions": "transactions.csv"}');
  }
};

/** A name is one segment of a key: a slash would leave the folder of the day. */
const isName = (name: unknown): name is string =>
  typeof name === 'string' && name !== '' && name !== '.' && name !== '..' && !/[/\\]|\p{Cc}/u.test(name);

/** Throws ConfigInvalid that names the item. Keys that are whole numbers come first, as JSON objects have it. */
export const parseFileNames = (text: string): FileNameRule[] => {
  const value = parse(text);
  if (typeof value !== 'object' || value === null) throw refuse('expected a list of keys or an object of names');
  const pairs: [unknown, unknown][] = Array.isArray(value)
    ? value.map((match: unknown) => [match, typeof match === 'string' ? `${match}.csv` : match])
    : Object.entries(value);
  return pairs.map(([match, name], index) => {
    if (typeof match !== 'string' || match === '') throw refuse(`item ${index} is no text`);
    if (!isName(name)) throw refuse(`the file name of "${match.slice(0, 60)}" must be one segment of a key`);
    return { match, name };
  });
};
