/** One variable of the environment as the value that it stands for. What is wrong is ConfigInvalid that names it. */
import { LonghaulError } from '../model/errors';
import { MAX_BYTES_PER_SEC } from '../model/run-rate';
import { parseAddress } from './address';

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as not set: that is how orchestrators write "none". */
export const readVariable = (env: EnvironmentVariables, name: string): string | null => {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? null : value;
};

/** ConfigInvalid that names a variable, what it should be and what it is. */
export const refuse = (name: string, expected: string, value: string): LonghaulError =>
  new LonghaulError(
    'ConfigInvalid',
    `Environment variable ${name}: expected ${expected}, got "${value.slice(0, 80)}".`,
  );

/** A whole number in the range, or `fallback` where the variable is not set. Throws ConfigInvalid that names it. */
export const readInteger = (
  env: EnvironmentVariables,
  name: string,
  fallback: number,
  min: number,
  max: number,
): number => {
  const value = readVariable(env, name);
  if (value === null) return fallback;
  const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  if (!(number >= min && number <= max)) throw refuse(name, `a whole number from ${min} to ${max}`, value);
  return number;
};

/** Null where the variable is not set. Throws ConfigInvalid that names it. */
export const readBytesPerSec = (env: EnvironmentVariables, name: string): number | null =>
  readVariable(env, name) === null ? null : readInteger(env, name, 0, 1, MAX_BYTES_PER_SEC);

/** One of `choices` in any case, or `fallback` where the variable is not set. Throws ConfigInvalid that names it. */
export const readChoice = <T extends string>(
  env: EnvironmentVariables,
  name: string,
  fallback: T,
  choices: readonly T[],
): T => {
  const value = readVariable(env, name);
  if (value === null) return fallback;
  const choice = choices.find((known) => known.toLowerCase() === value.toLowerCase());
  if (choice === undefined) throw refuse(name, choices.join(', '), value);
  return choice;
};

/** The address that a variable holds; null where it is not set. Throws ConfigInvalid that names it. */
export const readAddress = (env: EnvironmentVariables, name: string): string | null => {
  const value = readVariable(env, name);
  if (value === null) return null;
  const address = parseAddress(value);
  if (address === null) throw refuse(name, 'host:port', value);
  return address;
};
