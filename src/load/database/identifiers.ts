/** Names and texts within SQL, whatever is in them (PostgreSQL documentation, 4.1). Values travel as parameters instead. */
import { createHash } from 'node:crypto';
import { LonghaulError } from '../../model/errors';

export function quoteName(name: string): string {
  if (name === '' || name.includes('\0'))
    throw new LonghaulError('InvalidInput', 'A name in the database is empty or holds NUL');
  return `"${name.replaceAll('"', '""')}"`;
}

export const quoteTable = ({ schema, table }: { readonly schema: string; readonly table: string }): string =>
  `${quoteName(schema)}.${quoteName(table)}`;

export const quoteNames = (names: readonly string[]): string => names.map(quoteName).join(', ');

/** For the few places that take no parameter: COMMENT, SET. With E'' a backslash means the same under every setting. */
export function quoteText(text: string): string {
  if (text.includes('\0')) throw new LonghaulError('InvalidInput', 'A text for the database holds NUL');
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

export const LOAD_TABLE_PREFIX = 'longhaul_load_';

/** The same for every attempt of a run. Of the run's id only a hash: ids are longer than the 63 bytes of a name. */
export const loadTableName = (runId: string): string =>
  `${LOAD_TABLE_PREFIX}${createHash('sha256').update(runId).digest('hex').slice(0, 16)}`;
