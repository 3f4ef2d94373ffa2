/**
 * The ledger: `longhaul_load_ledger`, one row for each chunk of a run and one for its finish, each written in the transaction of
 * what it records. It is why an attempt that repeats after a lost answer loads nothing twice.
 */
import type { PoolClient } from 'pg';
import { quoteName } from '../database/identifiers';

const LEDGER = 'longhaul_load_ledger';
/** Instead of a chunk's key. */
export const FINISH = '#finish';
/** Rows of runs that ended long ago; nothing repeats an attempt after that. */
const KEEP_DAYS = 60;

export interface LedgerRow {
  readonly rows: number;
  readonly rejected: number;
  /** Of the chunk's bytes. */
  readonly crc32: string | null;
  readonly detail: unknown;
}

const ledger = (schema: string): string => `${quoteName(schema)}.${LEDGER}`;

/** Makes the table where it is not there. Looks first: whoever may write to it need not be allowed to create it. */
export async function ensureLedger(client: PoolClient, schema: string): Promise<void> {
  const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
    ledger(schema),
  ]);
  if (rows[0]?.found === true) {
    await client.query(`DELETE FROM ${ledger(schema)} WHERE at < now() - interval '${KEEP_DAYS} days'`);
    return;
  }
  // IF NOT EXISTS alone does not keep two at once from failing.
  await lockFor(client, `ledger ${schema}`);
  await client.query(`CREATE TABLE IF NOT EXISTS ${ledger(schema)} (
    run_id text NOT NULL,
    chunk text NOT NULL,
    rows bigint NOT NULL,
    rejected bigint NOT NULL DEFAULT 0,
    bytes bigint,
    crc32 text,
    detail jsonb,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, chunk))`);
}

/** Until the end of the transaction. Two attempts, or two runs, at the same thing come one after the other. */
export async function lockFor(client: PoolClient, what: string): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`longhaul ${what}`]);
}

/** What is recorded already, or undefined: then the row is there now, and waits for what it records. */
export async function enter(
  client: PoolClient,
  schema: string,
  entry: { runId: string; chunk: string; rows: number; bytes?: number; crc32?: string },
): Promise<LedgerRow | undefined> {
  // Another attempt in flight holds the key: this waits for its end.
  const { rowCount } = await client.query(
    `INSERT INTO ${ledger(schema)} (run_id, chunk, rows, bytes, crc32) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [entry.runId, entry.chunk, entry.rows, entry.bytes ?? null, entry.crc32 ?? null],
  );
  if (rowCount === 1) return undefined;
  const { rows } = await client.query<{ rows: string; rejected: string; crc32: string | null; detail: unknown }>(
    `SELECT rows, rejected, crc32, detail FROM ${ledger(schema)} WHERE run_id = $1 AND chunk = $2`,
    [entry.runId, entry.chunk],
  );
  const [row] = rows;
  return { rows: Number(row?.rows), rejected: Number(row?.rejected), crc32: row?.crc32 ?? null, detail: row?.detail };
}

export async function amend(
  client: PoolClient,
  schema: string,
  entry: { runId: string; chunk: string; rows: number; rejected: number; detail?: object },
): Promise<void> {
  await client.query(
    `UPDATE ${ledger(schema)} SET rows = $3, rejected = $4, detail = $5 WHERE run_id = $1 AND chunk = $2`,
    [
      entry.runId,
      entry.chunk,
      entry.rows,
      entry.rejected,
      entry.detail === undefined ? null : JSON.stringify(entry.detail),
    ],
  );
}

/** Of all chunks of the run that are in. */
export async function totals(
  client: PoolClient,
  schema: string,
  runId: string,
): Promise<{ rows: number; rejected: number }> {
  const { rows } = await client.query<{ rows: string; rejected: string }>(
    `SELECT coalesce(sum(rows), 0) AS rows, coalesce(sum(rejected), 0) AS rejected
       FROM ${ledger(schema)} WHERE run_id = $1 AND chunk <> $2`,
    [runId, FINISH],
  );
  return { rows: Number(rows[0]?.rows), rejected: Number(rows[0]?.rejected) };
}
