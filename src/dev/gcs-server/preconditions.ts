/**
 * Preconditions of both APIs: https://cloud.google.com/storage/docs/request-preconditions. Generation 0 stands for "no
 * live version". A failed match is 412; a failed not-match is 304 for reads and 412 for all else.
 */
import { GcsError, badRequest } from './answers';
import type { GcsObject } from './types';

export interface Preconditions {
  readonly generationMatch?: number;
  readonly generationNotMatch?: number;
  readonly metagenerationMatch?: number;
  readonly metagenerationNotMatch?: number;
}

const whole = (name: string, text: string | null | undefined): number | undefined => {
  if (text === null || text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw badRequest(`Invalid value for: ${name}`);
  return Number(text);
};

const conditions = (read: (name: string) => string | null | undefined, names: readonly string[]): Preconditions => {
  const keys = ['generationMatch', 'generationNotMatch', 'metagenerationMatch', 'metagenerationNotMatch'];
  const found: Record<string, number> = {};
  for (const [index, name] of names.entries()) {
    const value = whole(name, read(name));
    if (value !== undefined) found[keys[index] ?? name] = value;
  }
  return found;
};

/** From the query of the JSON API; `prefix` is `ifSource` for the source of a copy or rewrite. */
export const jsonPreconditions = (query: URLSearchParams, prefix: 'if' | 'ifSource' = 'if'): Preconditions =>
  conditions(
    (name) => query.get(name),
    [
      `${prefix}GenerationMatch`,
      `${prefix}GenerationNotMatch`,
      `${prefix}MetagenerationMatch`,
      `${prefix}MetagenerationNotMatch`,
    ],
  );

/** From the headers of the XML API, which knows no "not match". */
export const xmlPreconditions = (headers: Readonly<Record<string, string | string[] | undefined>>): Preconditions => {
  const one = (name: string): string | undefined => [headers[name] ?? []].flat()[0];
  return conditions(
    (name) => (name === '' ? undefined : one(name)),
    ['x-goog-if-generation-match', '', 'x-goog-if-metageneration-match'],
  );
};

export const isConditional = (preconditions: Preconditions): boolean => Object.keys(preconditions).length > 0;

const failed = (): GcsError =>
  new GcsError(
    412,
    'conditionNotMet',
    'At least one of the pre-conditions you specified did not hold.',
    'PreconditionFailed',
  );

/** Throws 412 or 304 (reads alone) where a condition does not hold for what is live now. */
export const checkPreconditions = (
  preconditions: Preconditions,
  object: GcsObject | null,
  kind: 'read' | 'write',
): void => {
  const generation = object?.generation ?? 0;
  const metageneration = object?.metageneration ?? 0;
  const { generationMatch, generationNotMatch, metagenerationMatch, metagenerationNotMatch } = preconditions;
  if (generationMatch !== undefined && generationMatch !== generation) throw failed();
  if (metagenerationMatch !== undefined && metagenerationMatch !== metageneration) throw failed();
  if (generationNotMatch === generation || (object !== null && metagenerationNotMatch === metageneration)) {
    throw kind === 'read' ? new GcsError(304, 'notModified', 'Not Modified') : failed();
  }
};
