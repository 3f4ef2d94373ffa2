/** The one transaction in which the rows of a run become those of the target. */
import type { PoolClient } from 'pg';
import { LonghaulError } from '../../model/errors';
import { sleep } from '../../transfer/lib/abort';
import { pooled, type PooledDatabase } from '../database/database';
import { quoteNames, quoteTable } from '../database/identifiers';
import type { Database, FinishedLoad, FinishRequest, LoadControl } from '../types';
import { amend, enter, FINISH, lockFor, totals } from './ledger';
import { methodOf, type Method } from './load-table';
import { rewrite, upsert } from './merge';
import { replacement } from './replacement';
import { dressUp, takePlace } from './swap';
import { findRelation } from './target';

/**
 * Readers that come queue up behind a lock that waits for one that is there; so it waits shortly, and often. A deadlock is
 * sought after a second by default, so it is a little longer.
 */
const LOCK_TIMEOUT_MS = 3_000;
const LOCK_PAUSE_MS = 2_000;
const DEFAULT_LOCK_WAIT_MS = 120_000;

interface Counts {
  readonly rows: number;
  readonly rejected: number;
}

/**
 * Throws CountMismatch, RejectLimit, LoadConflict, ConstraintViolated, TargetUnfit, Postgres… errors or the signal's reason; the
 * target is then as it was. May be called again at any time: what is in the ledger is not done twice. A full that is finished
 * while another one is waits for it, and then replaces its rows.
 */
export async function finishLoad(
  database: Database,
  request: FinishRequest,
  { signal }: LoadControl,
): Promise<FinishedLoad> {
  const pool = pooled(database);
  const untilMs = performance.now() + (request.lockWaitMs ?? DEFAULT_LOCK_WAIT_MS);
  for (;;) {
    try {
      const finished = await attempt(pool, request, signal);
      if (finished.method !== 'swap' && !finished.already) await analyze(pool, request, signal);
      return finished;
    } catch (error) {
      const isLocked = error instanceof LonghaulError && error.code === 'LoadConflict';
      if (!isLocked || performance.now() + LOCK_PAUSE_MS > untilMs) throw error;
    }
    await sleep(LOCK_PAUSE_MS * (0.5 + Math.random()), signal);
  }
}

function attempt(pool: PooledDatabase, request: FinishRequest, signal: AbortSignal): Promise<FinishedLoad> {
  const { runId, load, statementTimeoutMs } = request;
  const target = `${request.target.schema ?? load.schema}.${request.target.table}`;
  const options = {
    what: `Finishing the load of ${target}`,
    signal,
    statementTimeoutMs,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
  };
  return pool.transaction(options, async (client): Promise<FinishedLoad> => {
    await lockFor(client, `finish ${target}`);
    const known = await enter(client, load.ledgerSchema, { runId, chunk: FINISH, rows: 0 });
    if (known !== undefined) return { ...(known.detail as FinishedLoad), already: true };
    const method = await methodOf(client, load);
    if (method === undefined) {
      throw new LonghaulError('TableMissing', `The load table ${load.table} is not there: the run was cleaned up`);
    }
    const counts = await assertCounts(client, request);
    const finished = { ...(await exchange(client, request, method, counts)), already: false };
    await amend(client, load.ledgerSchema, {
      runId,
      chunk: FINISH,
      rows: finished.rows,
      rejected: finished.rejected,
      detail: finished,
    });
    return finished;
  });
}

async function exchange(
  client: PoolClient,
  request: FinishRequest,
  method: Method,
  { rows, rejected }: Counts,
): Promise<Omit<FinishedLoad, 'already'>> {
  const { load, columns, key } = request;
  const found = await findRelation(client, {
    schema: request.target.schema ?? load.schema,
    table: request.target.table,
  });
  const target = { schema: found.schema, table: found.table };
  if (method === 'upsert') {
    const frozen = await alwaysIdentity(client, found.oid);
    const upserted = await upsert(client, load, target, { columns, key, frozen });
    const distinct = columns.every((name) => key.includes(name)) ? await distinctKeys(client, request) : upserted;
    await client.query(`DROP TABLE ${quoteTable(load)}`);
    return { rows: distinct, rejected, duplicates: rows - distinct, method };
  }
  const canSwap = method === 'swap' && (await replacement(client, found.oid)).length === 0;
  if (canSwap) {
    await dressUp(client, load, target);
    await client.query(`LOCK TABLE ${quoteTable(target)} IN ACCESS EXCLUSIVE MODE`);
    await takePlace(client, load, target);
    return { rows, rejected, duplicates: 0, method: 'swap' };
  }
  await client.query(`LOCK TABLE ${quoteTable(target)} IN SHARE ROW EXCLUSIVE MODE`);
  const inserted = await rewrite(client, load, target, columns);
  if (inserted !== rows) throw mismatch(request, rows, inserted);
  await client.query(`DROP TABLE ${quoteTable(load)}`);
  return { rows, rejected, duplicates: 0, method: 'rewrite' };
}

/** The ledger, the table itself and what was staged must agree. */
async function assertCounts(client: PoolClient, request: FinishRequest): Promise<Counts> {
  const { load, runId, stagedRows, rejectLimit = 0 } = request;
  const sums = await totals(client, load.ledgerSchema, runId);
  if (sums.rejected > rejectLimit) {
    const text = `The database has refused ${sums.rejected} rows, and reject_limit is ${rejectLimit}`;
    throw new LonghaulError('RejectLimit', text);
  }
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${quoteTable(load)}`);
  const there = Number(rows[0]?.count);
  if (sums.rows + sums.rejected !== stagedRows || there !== sums.rows)
    throw mismatch(request, stagedRows - sums.rejected, there);
  return sums;
}

const mismatch = ({ target }: FinishRequest, staged: number, found: number): LonghaulError =>
  new LonghaulError(
    'CountMismatch',
    `${staged} rows were to be loaded into ${target.table}, and the database has ${found}`,
  );

/** Where there is nothing to update, ON CONFLICT DO NOTHING does not count the rows that were there. */
async function distinctKeys(client: PoolClient, { load, key }: FinishRequest): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) AS count FROM (SELECT DISTINCT ${quoteNames(key)} FROM ${quoteTable(load)}) AS keys`,
  );
  return Number(rows[0]?.count);
}

/** Columns that an UPDATE may only set to their default. */
async function alwaysIdentity(client: PoolClient, oid: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1 AND attidentity = 'a' AND NOT attisdropped`,
    [oid],
  );
  return rows.map(({ name }) => name);
}

/** After the commit: statistics of rows that nobody sees would be wrong, and a failure here is none of the load. */
async function analyze(pool: PooledDatabase, { target, load }: FinishRequest, signal: AbortSignal): Promise<void> {
  const table = quoteTable({ schema: target.schema ?? load.schema, table: target.table });
  await pool
    .transaction({ what: `Analysing ${target.table}`, signal }, (client) => client.query(`ANALYZE ${table}`))
    .catch(() => {
      signal.throwIfAborted();
    });
}
