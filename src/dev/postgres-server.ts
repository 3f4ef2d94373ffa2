/**
 * A Postgres over a folder: `<dataDir>/data` and `<dataDir>/password`. What was committed survives kill -9 and a restart, unless
 * it is started with fsync off and the machine itself goes down.
 */
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { childEnv } from '../config/environment';
import { choosePort } from './ports';
import { postgresBinaries } from './postgres-binaries';
import { startProcess } from './process';
import { Restartable } from './restartable';
import type { ManagedProcess } from './types';
import { waitUntilReady } from './wait';

export interface PostgresServerOptions {
  /** Made where it is missing. Under root it belongs to `nobody`, who must be able to reach it. */
  readonly dataDir: string;
  readonly logDir: string;
  /** Of the superuser. */
  readonly password: string;
  /** A free one where it is left out. Throws PortInUse where a given one is taken. */
  readonly port?: number;
  /** Such as `fsync=off`. */
  readonly settings?: readonly string[];
}

export interface PostgresServer extends ManagedProcess {
  readonly port: number;
  /** Connection string of the superuser. */
  readonly url: string;
  restart(): Promise<void>;
}

const USER = 'postgres';
const DATABASE = 'postgres';
const READY_TIMEOUT_MS = 60_000;
/** Postgres refuses to run as root. `nobody` is there on every system and owns nothing. */
const NOBODY = { uid: 65_534, gid: 65_534 };

const run = promisify(execFile);

class EmbeddedPostgres extends Restartable implements PostgresServer {
  constructor(
    launch: ConstructorParameters<typeof Restartable>[0],
    first: ConstructorParameters<typeof Restartable>[1],
    readonly port: number,
    readonly url: string,
  ) {
    super(launch, first);
  }
}

const answers = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query('SELECT 1')).rowCount === 1;
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** Starts the server and waits until it answers. Throws ToolMissing, PortInUse, or Internal with its output. */
export const startPostgresServer = async (options: PostgresServerOptions): Promise<PostgresServer> => {
  const bin = await postgresBinaries();
  const port = await choosePort(options.port, 'Postgres');
  const { dataDir, password } = options;
  const owner = process.getuid?.() === 0 ? NOBODY : undefined;
  // A locale that is not installed ends initdb.
  const env = childEnv({ LC_ALL: 'C', TZ: 'UTC' });
  const data = path.join(dataDir, 'data');
  mkdirSync(dataDir, { recursive: true });
  chmodSync(dataDir, 0o700);
  if (owner !== undefined) chownSync(dataDir, owner.uid, owner.gid);
  if (!existsSync(path.join(data, 'PG_VERSION'))) {
    const passwordFile = path.join(dataDir, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
    const init = ['-D', data, '-U', USER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8'];
    await run(path.join(bin, 'initdb'), [...init, '--no-sync'], { ...owner, env, cwd: dataDir });
  }
  const settings = ['listen_addresses=127.0.0.1', ...(options.settings ?? [])];
  // The socket's folder is the data folder: its path may be too long for one, so there is none.
  const args = ['-D', data, '-p', String(port), '-k', '', ...settings.flatMap((setting) => ['-c', setting])];
  const url = `postgres://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${DATABASE}`;
  const launch = async (): Promise<ManagedProcess> => {
    const child = await startProcess({
      name: 'postgres',
      command: path.join(bin, 'postgres'),
      args,
      env,
      cwd: dataDir,
      logFile: path.join(options.logDir, 'postgres.log'),
      // The fast shutdown, which does not wait for clients (PostgreSQL documentation, 18.5).
      stopSignal: 'SIGINT',
      ...(owner === undefined ? {} : { owner }),
    });
    await waitUntilReady(child, () => answers(url), READY_TIMEOUT_MS);
    return child;
  };
  return new EmbeddedPostgres(launch, await launch(), port, url);
};
