/** A pool of connections, and transactions on it that end with their signal. */
import type { Pool, PoolClient, PoolConfig } from 'pg';
import { LonghaulError } from '../../model/errors';
import { asError, sleep } from '../../transfer/lib/abort';
import type { Database, DatabaseSettings, SslMode } from '../types';
import { iamToken } from './iam-token';
import { isRepeatable, mapSqlError } from './sql-errors';
import { Turns } from './turns';
import { readUrl, type Endpoint } from './url';

const DEFAULT_CONNECTIONS = 8;
const DEFAULT_CONNECT_TIMEOUT_MS = 15_000;
/** Runs are rare: an idle connection is worth less than its place on the server. */
const IDLE_MS = 10_000;
/** A connection whose other end is gone is noticed in minutes, not hours. */
const KEEP_ALIVE_MS = 10_000;
/** For the answer to a ROLLBACK; after it the connection is cut, which rolls back too. */
const ROLLBACK_MS = 15_000;
/**
 * The same from the server's side. A machine that is gone says no goodbye, and what its transaction holds (the ledger's row, locks
 * of tables) keeps the attempt elsewhere waiting: two hours by the defaults of Linux, a minute by these.
 */
const SERVER_KEEP_ALIVES = { tcp_keepalives_idle: 30, tcp_keepalives_interval: 10, tcp_keepalives_count: 3 };
const DEFAULT_APPLICATION_NAME = 'longhaul load';
/** Times that a transaction is run again after a deadlock, at once and then a little later. */
const REPEATS = 5;
const REPEAT_DELAY_MS = 200;

export interface TransactionOptions {
  /** For messages: begins them. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly statementTimeoutMs?: number | undefined;
  readonly lockTimeoutMs?: number | undefined;
}

export class PooledDatabase implements Database {
  readonly display: string;
  private readonly endpoint: Endpoint;
  private pool: Promise<Pool> | undefined;
  /** The pool's own queue would end with the time limit of connecting. */
  private readonly turns: Turns;

  constructor(private readonly settings: DatabaseSettings) {
    this.endpoint = readUrl(settings);
    this.display = this.endpoint.display;
    this.turns = new Turns(settings.maxConnections ?? DEFAULT_CONNECTIONS);
  }

  async close(): Promise<void> {
    const pool = this.pool;
    this.pool = undefined;
    await pool?.then((open) => open.end()).catch(() => undefined);
  }

  /**
   * Runs `work` in a transaction, and once more after a deadlock or serialization failure: everything it does must be in the
   * database. An abort cuts the connection, so that the server rolls back; what is thrown then is the signal's reason.
   */
  async transaction<T>(options: TransactionOptions, work: (client: PoolClient) => Promise<T>): Promise<T> {
    for (let repeat = 0; ; repeat += 1) {
      try {
        await this.turns.take(options.signal);
        return await this.once(options, work).finally(() => this.turns.giveBack());
      } catch (error) {
        options.signal.throwIfAborted();
        if (!isRepeatable(error) || repeat >= REPEATS) throw mapSqlError(error, options.what);
      }
      await sleep(REPEAT_DELAY_MS * repeat * (0.5 + Math.random()), options.signal);
    }
  }

  private async once<T>(options: TransactionOptions, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const { signal } = options;
    signal.throwIfAborted();
    const client = await this.connect(signal);
    const state = { isReleased: false };
    const release = (isBroken: boolean): void => {
      if (!state.isReleased) client.release(isBroken);
      state.isReleased = true;
    };
    const cut = (): void => release(true);
    // While a connection is lent out the pool does not listen; an error without a listener would end the process.
    const ignore = (): void => undefined;
    client.on('error', ignore);
    signal.addEventListener('abort', cut, { once: true });
    try {
      await client.query(beginText(options));
      const result = await work(client);
      await client.query('COMMIT');
      release(false);
      return result;
    } catch (error) {
      if (!state.isReleased) {
        const late = setTimeout(cut, ROLLBACK_MS);
        await client
          .query('ROLLBACK')
          .then(() => release(false))
          .catch(cut);
        clearTimeout(late);
      }
      throw error;
    } finally {
      client.off('error', ignore);
      signal.removeEventListener('abort', cut);
      release(true);
    }
  }

  private async connect(signal: AbortSignal): Promise<PoolClient> {
    this.pool ??= this.open().catch((error: unknown) => {
      this.pool = undefined;
      throw error;
    });
    const connecting = this.pool.then((pool) => pool.connect());
    let onAbort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(asError(signal.reason));
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([connecting, aborted]);
    } catch (error) {
      if (signal.aborted) connecting.then((client) => client.release()).catch(() => undefined);
      throw mapSqlError(error, `Connecting to ${this.display}`);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  private async open(): Promise<Pool> {
    // Loaded here: most workers never speak to Postgres.
    const { default: pg } = await import('pg');
    const pool = new pg.Pool(this.config(this.endpoint.sslMode));
    // An idle connection that the server closes; without a listener it would end the process.
    pool.on('error', () => undefined);
    if (this.endpoint.sslMode !== 'prefer') return pool;
    try {
      (await pool.connect()).release();
      return pool;
    } catch (error) {
      await pool.end();
      if (!(error instanceof Error) || !/does not support SSL/.test(error.message)) throw error;
      const plain = new pg.Pool(this.config('disable'));
      plain.on('error', () => undefined);
      return plain;
    }
  }

  private config(mode: SslMode): PoolConfig {
    const { settings, endpoint } = this;
    const { iam } = settings;
    const { host, port, user, database, password, ssl } = endpoint;
    return {
      host,
      port,
      user,
      database,
      ...(password === undefined ? {} : { password }),
      ...(iam === undefined ? {} : { password: () => iamToken({ host, port, user, ...iam }) }),
      ssl: mode === 'disable' ? false : ssl,
      application_name: settings.applicationName ?? DEFAULT_APPLICATION_NAME,
      max: settings.maxConnections ?? DEFAULT_CONNECTIONS,
      connectionTimeoutMillis: settings.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      allowExitOnIdle: true,
    };
  }
}

/**
 * Settings belong to the transaction, not the connection: poolers between us and the server hand connections around. Dates and
 * times without a zone mean the same on every server.
 */
function beginText({ statementTimeoutMs = 0, lockTimeoutMs = 0 }: TransactionOptions): string {
  return [
    'BEGIN',
    `SET LOCAL statement_timeout = ${Math.ceil(statementTimeoutMs)}`,
    `SET LOCAL lock_timeout = ${Math.ceil(lockTimeoutMs)}`,
    'SET LOCAL idle_in_transaction_session_timeout = 0',
    `SET LOCAL timezone = 'UTC'`,
    `SET LOCAL datestyle = 'ISO, YMD'`,
    `SET LOCAL client_encoding = 'UTF8'`,
    ...Object.entries(SERVER_KEEP_ALIVES).map(([name, value]) => `SET LOCAL ${name} = ${value}`),
  ].join('; ');
}

/** Connects when it is first used. Throws DatabaseUrlInvalid. */
export const openDatabase = (settings: DatabaseSettings): Database => new PooledDatabase(settings);

/** The functions of src/load take the narrow type; there is one implementation. */
export function pooled(database: Database): PooledDatabase {
  if (database instanceof PooledDatabase) return database;
  throw new LonghaulError('Internal', 'A database that openDatabase has not made');
}
