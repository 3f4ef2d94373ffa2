/** What a load is measured against: psql's \copy, INSERTs of so many rows, and DuckDB's COPY of Parquet to CSV. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);
const INSTALL_TIMEOUT_MS = 300_000;

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}

/** Undefined where there is no psql. */
export async function psqlVersion(): Promise<string | undefined> {
  try {
    return (await run('psql', ['--version'])).stdout.trim();
  } catch {
    return undefined;
  }
}

export const psqlCopy = (url: string, table: string, file: string): Promise<unknown> =>
  run('psql', [url, '-v', 'ON_ERROR_STOP=1', '-q', '-c', `\\copy ${table} FROM '${file}' WITH (FORMAT csv, HEADER)`]);

/**
 * Rows per second, with values as parameters: each statement a transaction of its own, as a client has it that says nothing
 * else, or all of them in one and prepared, which is the best that INSERT can do.
 */
export async function insertRate(
  url: string,
  {
    table,
    batch,
    count,
    row,
    isOneTransaction,
  }: {
    table: string;
    batch: number;
    count: number;
    row: (n: number) => readonly unknown[];
    isOneTransaction: boolean;
  },
): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const width = row(0).length;
    const tuple = (at: number): string =>
      `(${Array.from({ length: width }, (_, column) => `$${at * width + column + 1}`).join(',')})`;
    const text = `INSERT INTO ${table} VALUES ${Array.from({ length: batch }, (_, at) => tuple(at)).join(',')}`;
    const taken = await seconds(async () => {
      if (isOneTransaction) await client.query('BEGIN');
      for (let at = 0; at + batch <= count; at += batch) {
        const values = Array.from({ length: batch }, (_, n) => row(at + n)).flat();
        await client.query({ ...(isOneTransaction ? { name: `insert_${batch}` } : {}), text, values });
      }
      if (isOneTransaction) await client.query('COMMIT');
    });
    return (Math.floor(count / batch) * batch) / taken;
  } finally {
    await client.end();
  }
}

const DUCKDB = `
const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const started = performance.now();
  await connection.run("COPY (SELECT * FROM read_parquet('" + process.argv[1] + "')) TO '" + process.argv[2] + "' (FORMAT csv, HEADER)");
  console.log((performance.now() - started) / 1000);
})();`;

/** Seconds for each round. Installs @duckdb/node-api into a folder of its own; undefined, and said why, where it cannot. */
export async function duckdbSeconds(
  parquet: string,
  rounds: number,
  say: (line: string) => void,
): Promise<number[] | undefined> {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-bench-duckdb-'));
  try {
    await run('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '@duckdb/node-api'], {
      timeout: INSTALL_TIMEOUT_MS,
    });
    const taken: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const args = ['-e', DUCKDB, parquet, path.join(folder, 'out.csv')];
      taken.push(Number((await run(process.execPath, args, { cwd: folder })).stdout));
    }
    return taken;
  } catch (error) {
    say(`DuckDB is not measured: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
