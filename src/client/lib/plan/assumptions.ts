/** What --assume and --assumptions say. */
import { readFile } from 'node:fs/promises';
import { distance } from 'fastest-levenshtein';
import {
  ASSUMPTION_NAMES,
  isAssumptionName,
  withDefaults,
  type AssumptionName,
  type Assumptions,
} from '../../../model/cost';
import { LonghaulError } from '../../../model/errors';

/** More is a typing error, and would only hide it in the sums. */
const MAX_VALUE = 1e12;

const nearest = (name: string): string =>
  ASSUMPTION_NAMES.reduce((best, next) => (distance(next, name) < distance(best, name) ? next : best));

const checked = (where: string, name: string, value: unknown): [AssumptionName, number] => {
  if (!isAssumptionName(name)) {
    throw new LonghaulError(
      'InvalidInput',
      `${where}: there is no "${name.slice(0, 80)}"; do you mean ${nearest(name)}?`,
    );
  }
  // A price may be nothing; by a speed or a time is divided.
  const isPrice = name.startsWith('price.');
  if (typeof value !== 'number' || !(value > 0 || (isPrice && value === 0)) || value > MAX_VALUE) {
    const expected = isPrice ? 'a number, 0 or more' : 'a number above 0';
    throw new LonghaulError('InvalidInput', `${where}: ${name} must be ${expected}, got ${JSON.stringify(value)}.`);
  }
  return [name, value];
};

const fromFlag = (text: string): [AssumptionName, number] => {
  const at = text.indexOf('=');
  if (at < 1) throw new LonghaulError('InvalidInput', `--assume ${text.slice(0, 80)}: expected name=value.`);
  const value = text.slice(at + 1).trim();
  return checked('--assume', text.slice(0, at).trim(), /^-?\d+(\.\d+)?(e-?\d+)?$/i.test(value) ? Number(value) : value);
};

const readAssumptions = async (path: string): Promise<[AssumptionName, number][]> => {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const why =
      error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new LonghaulError('InvalidInput', `--assumptions: ${path} ${why}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LonghaulError('InvalidInput', `--assumptions: ${path} must hold one object of names and numbers.`);
  }
  return Object.entries(value).map(([name, each]) => checked(`--assumptions ${path}`, name, each));
};

/** Defaults, then the file, then the flags. Throws InvalidInput that names the assumption. */
export const assumptionsOf = async (flags: readonly string[] = [], file?: string): Promise<Assumptions> => {
  const fromFile = file === undefined ? [] : await readAssumptions(file);
  return withDefaults(Object.fromEntries([...fromFile, ...flags.map(fromFlag)]));
};
