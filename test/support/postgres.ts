/** A real Postgres for one test file: that of the embedded stack, over a folder of its own that is gone with `stop()`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import pg from 'pg';
import { startPostgresServer } from '../../src/dev/postgres-server';

export interface TestPostgres {
  readonly port: number;
  /** Connection string of the superuser. */
  readonly url: string;
  /** Of another user or database of the same server. */
  urlOf(options: { user?: string; password?: string; database?: string }): string;
  /** Runs SQL as the superuser and gives the rows of the last statement. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
}

const PASSWORD = 'test-secret';
/** Without fsync: nobody pulls the plug on a test, and it is most of the time that Postgres takes. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'max_connections=40'];

/** Runs SQL over a connection of its own and gives the rows of the last statement. */
export async function runSql<Row extends pg.QueryResultRow>(
  connectionString: string,
  text: string,
  values?: unknown[],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const result = await client.query<Row>(text, values);
    // Several statements give several results.
    return (Array.isArray(result) ? (result.at(-1) as pg.QueryResult<Row>) : result).rows;
  } finally {
    await client.end();
  }
}

export async function startTestPostgres(settings: readonly string[] = []): Promise<TestPostgres> {
  const home = mkdtempSync(path.join(tmpdir(), 'longhaul-postgres-'));
  const dataDir = `${home}-data`;
  const remove = (): void => [home, dataDir].forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  const start = startPostgresServer({
    dataDir,
    logDir: home,
    password: PASSWORD,
    settings: [...SETTINGS, ...settings],
  });
  const server = await start.catch((error: unknown) => {
    remove();
    throw error;
  });
  const urlOf: TestPostgres['urlOf'] = ({ user = 'postgres', password = PASSWORD, database = 'postgres' }) =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${database}`;
  const sql: TestPostgres['sql'] = (text, values) => runSql(server.url, text, values);
  const stop = async (): Promise<void> => {
    await server.stop();
    remove();
  };
  return { port: server.port, url: server.url, urlOf, sql, stop };
}
