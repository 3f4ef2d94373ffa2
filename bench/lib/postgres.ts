/** A Postgres for measurements: the one of the embedded stack, with the settings of a server that keeps its data. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import pg from 'pg';
import { startPostgresServer } from '../../src/dev/postgres-server';

export interface BenchPostgres {
  readonly url: string;
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
}

/**
 * All others have their defaults, for every side alike: fsync, synchronous_commit and full_page_writes are on. Checkpoints in the
 * middle of a round would hit one side and not the other.
 */
const SETTINGS = ['max_wal_size=8GB', 'checkpoint_timeout=1h', 'shared_buffers=512MB'];

export async function startBenchPostgres(): Promise<BenchPostgres> {
  const home = mkdtempSync(path.join(tmpdir(), 'longhaul-bench-postgres-'));
  const dataDir = `${home}-data`;
  const remove = (): void => [home, dataDir].forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  const server = await startPostgresServer({ dataDir, logDir: home, password: 'bench', settings: SETTINGS }).catch(
    (error: unknown) => {
      remove();
      throw error;
    },
  );
  const query = async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  const stop = async (): Promise<void> => {
    await server.stop();
    remove();
  };
  return { url: server.url, query, stop };
}
