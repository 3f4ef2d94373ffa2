/** The load table's rows into the target, where it keeps its identity: all of them instead of the old ones, or by key. */
import type { PoolClient } from 'pg';
import { quoteName, quoteNames, quoteTable } from '../database/identifiers';
import type { LoadTable, TargetTable } from '../types';
import { PART_COLUMN, ROW_COLUMN } from './load-table';

type Place = Pick<TargetTable, 'schema' | 'table'>;

/**
 * DELETE and INSERT, not TRUNCATE: whoever reads meanwhile goes on seeing the old rows, and transactions that have begun before
 * do so afterwards too (PostgreSQL documentation, TRUNCATE: it is not MVCC-safe). Answers the rows that were inserted.
 */
export async function rewrite(
  client: PoolClient,
  load: LoadTable,
  target: Place,
  columns: readonly string[],
): Promise<number> {
  await client.query('SET CONSTRAINTS ALL DEFERRED');
  await client.query(`DELETE FROM ${quoteTable(target)}`);
  const names = quoteNames(columns);
  const { rowCount } = await client.query(
    `INSERT INTO ${quoteTable(target)} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM ${quoteTable(load)}`,
  );
  return rowCount ?? 0;
}

/** INSERT … ON CONFLICT DO UPDATE; of equal keys the last one wins. Answers the rows inserted or updated. */
export async function upsert(
  client: PoolClient,
  load: LoadTable,
  target: Place,
  { columns, key, frozen }: { columns: readonly string[]; key: readonly string[]; frozen: readonly string[] },
): Promise<number> {
  const names = quoteNames(columns);
  const keys = quoteNames(key);
  const updated = columns.filter((name) => !key.includes(name) && !frozen.includes(name));
  const action =
    updated.length === 0
      ? 'NOTHING'
      : `UPDATE SET ${updated.map((name) => `${quoteName(name)} = EXCLUDED.${quoteName(name)}`).join(', ')}`;
  // Ordered by key: two loads that overlap then lock the rows in the same order.
  const { rowCount } = await client.query(
    `INSERT INTO ${quoteTable(target)} (${names}) OVERRIDING SYSTEM VALUE
     SELECT ${names} FROM (SELECT DISTINCT ON (${keys}) * FROM ${quoteTable(load)}
       ORDER BY ${keys}, ${PART_COLUMN} DESC, ${ROW_COLUMN} DESC) AS last
     ON CONFLICT (${keys}) DO ${action}`,
  );
  return rowCount ?? 0;
}
