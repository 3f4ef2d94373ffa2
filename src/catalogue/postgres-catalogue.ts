/**
 * A catalogue in a Postgres table with a JSON column. Each look is one read-only transaction that is rolled back, so that
 * the server itself refuses whatever would write, in a trigger or function of a view too.
 */
import type { Pool, PoolClient } from 'pg';
import type { CatalogueConfig } from '../config/restore-types';
import { LonghaulError, type ErrorCode } from '../model/errors';
import { limited } from './limited';
import { toRecord } from './record';
import type { Catalogue, CatalogueRecord } from './types';

type PostgresConfig = Extract<CatalogueConfig, { type: 'postgres' }>;

/** Looks at once; a run needs one for each raw file that begins. */
const MAX_CONNECTIONS = 2;
/** Restores are rare: a connection that has been idle this long is worth less than its place on the server. */
const IDLE_MS = 10_000;

/** An identifier as it is called, whatever is in it (PostgreSQL documentation, 4.1.1: quotes are doubled). */
const quoteIdentifier = (name: string): string => {
  if (name.includes('\0')) throw new LonghaulError('CatalogueInvalid', 'A name in the catalogue section holds NUL.');
  return `"${name.replaceAll('"', '""')}"`;
};

/** SQLSTATE (PostgreSQL documentation, Appendix A) to the table of errors, and why. A class has two characters. */
const BY_STATE: readonly (readonly [state: string, code: ErrorCode, why: string])[] = [
  ['42P01', 'CatalogueInvalid', 'there is no such table'],
  ['42703', 'CatalogueInvalid', 'there is no such column'],
  ['42501', 'CatalogueRefused', 'the user may not read it'],
  ['3D000', 'CatalogueInvalid', 'there is no such database'],
  ['25006', 'CatalogueInvalid', 'reading it would write something'],
  ['28', 'CatalogueRefused', 'the user or password is wrong'],
  ['08', 'CatalogueUnreachable', 'the connection failed'],
  ['53', 'CatalogueUnreachable', 'the server is out of connections or memory'],
  ['57', 'CatalogueUnreachable', 'the server stopped the query'],
  ['58', 'CatalogueUnreachable', 'the server has trouble of its own'],
  ['42', 'CatalogueInvalid', 'the table or columns cannot be queried'],
];

/** Text that the type of the id column does not know, such as a name where ids are numbers: there is no such record. */
const NO_SUCH_VALUE = ['22P02', '22003'];

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
const isState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code);

export class PostgresCatalogue implements Catalogue {
  #pool: Promise<Pool> | undefined;
  readonly #name: string;
  readonly #query: string;

  constructor(private readonly config: PostgresConfig) {
    const table = [...(config.schema === null ? [] : [config.schema]), config.table].map(quoteIdentifier).join('.');
    this.#name = `The catalogue (Postgres table ${table})`;
    const column = quoteIdentifier(config.column);
    // Two, because an id that is there twice says nothing about which is right.
    this.#query = `SELECT ${column} AS record FROM ${table} WHERE ${quoteIdentifier(config.idColumn)} = $1 LIMIT 2`;
  }

  async find(id: string, signal: AbortSignal): Promise<CatalogueRecord | null> {
    // Text in Postgres cannot hold it, so no record has it.
    if (id.includes('\0')) return null;
    return limited(signal, this.config.timeoutMs, this.#name, async (either) => {
      try {
        return await this.#look(id, either);
      } catch (error) {
        if (NO_SUCH_VALUE.includes(codeOf(error))) return null;
        throw this.#mapped(error);
      }
    });
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.then((open) => open.end()).catch(() => undefined);
  }

  async #look(id: string, signal: AbortSignal): Promise<CatalogueRecord | null> {
    this.#pool ??= this.#open().catch((error: unknown) => {
      this.#pool = undefined;
      throw error;
    });
    const client = await (await this.#pool).connect();
    let isReleased = false;
    const release = (isBroken: boolean): void => {
      if (!isReleased) client.release(isBroken);
      isReleased = true;
    };
    // With a query in flight this cuts the connection; the server ends the query at statement_timeout at the latest.
    const cut = (): void => release(true);
    signal.addEventListener('abort', cut, { once: true });
    let isGood = false;
    try {
      signal.throwIfAborted();
      const rows = await this.#rows(client, id);
      isGood = true;
      const [row, second] = rows;
      if (row === undefined) return null;
      if (second === undefined) return toRecord(id, this.#value(row.record));
      throw new LonghaulError('CatalogueInvalid', `${this.#name} has the id ${JSON.stringify(id)} more than once.`);
    } finally {
      signal.removeEventListener('abort', cut);
      release(!isGood);
    }
  }

  async #rows(client: PoolClient, id: string): Promise<{ record: unknown }[]> {
    await client.query('BEGIN READ ONLY');
    // In the transaction, not in the connection's options: poolers between us and the server refuse those.
    await client.query(`SET LOCAL statement_timeout = ${Math.ceil(this.config.timeoutMs)}`);
    const { rows } = await client.query<{ record: unknown }>(this.#query, [id]);
    await client.query('ROLLBACK');
    return rows;
  }

  /** A column of type text holds the same JSON as text. */
  #value(record: unknown): unknown {
    if (typeof record !== 'string') return record;
    try {
      return JSON.parse(record) as unknown;
    } catch {
      throw new LonghaulError('CatalogueInvalid', `${this.#name} has a record that is not JSON.`);
    }
  }

  async #open(): Promise<Pool> {
    const { url, timeoutMs } = this.config;
    if (url.value === null) throw new LonghaulError('CatalogueUrlMissing', `${this.#name}: ${url.source}.`);
    // Loaded here: most workers never look into Postgres.
    const { default: pg } = await import('pg');
    const pool = new pg.Pool({
      connectionString: url.value.reveal(),
      application_name: 'longhaul restore',
      max: MAX_CONNECTIONS,
      idleTimeoutMillis: IDLE_MS,
      connectionTimeoutMillis: timeoutMs,
      allowExitOnIdle: true,
    });
    // An idle connection that the server closes; without a listener it would end the process.
    pool.on('error', () => undefined);
    return pool;
  }

  /** The driver's own words are left out, also as a cause: they name hosts and users, and a bad URL is quoted whole. */
  #mapped(error: unknown): LonghaulError {
    if (error instanceof LonghaulError) return error;
    const code = codeOf(error);
    const known = isState(code) ? BY_STATE.find(([state]) => code.startsWith(state)) : undefined;
    if (known !== undefined) return new LonghaulError(known[1], `${this.#name}: ${known[2]} (SQLSTATE ${code}).`);
    if (code === 'ERR_INVALID_URL' || error instanceof TypeError || error instanceof URIError) {
      return new LonghaulError('CatalogueInvalid', `${this.#name}: ${this.config.url.source} holds no usable URL.`);
    }
    if (isState(code)) return new LonghaulError('CatalogueInvalid', `${this.#name} failed (SQLSTATE ${code}).`);
    return new LonghaulError(
      'CatalogueUnreachable',
      `${this.#name} cannot be reached${code === '' ? '' : ` (${code})`}.`,
    );
  }
}
