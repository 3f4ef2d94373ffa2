/** A catalogue in a MongoDB collection of records. One `find` by `_id` is all that is ever sent beside the handshake. */
import type { MongoClient } from 'mongodb';
import type { CatalogueConfig } from '../config/restore-types';
import { LonghaulError } from '../model/errors';
import { limited } from './limited';
import { toRecord } from './record';
import type { Catalogue, CatalogueRecord } from './types';

type MongoConfig = Extract<CatalogueConfig, { type: 'mongodb' }>;

const MAX_CONNECTIONS = 2;
/** Server error codes: Unauthorized, AuthenticationFailed, AtlasError (a wrong password there). */
const REFUSED = new Set<unknown>([13, 18, 8000]);
const FIELDS = { project_id: 1, s3_upload_path: 1, file_info: 1 } as const;

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');
const serverCode = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

export class MongoCatalogue implements Catalogue {
  #client: Promise<MongoClient> | undefined;
  readonly #name: string;

  constructor(private readonly config: MongoConfig) {
    this.#name = `The catalogue (MongoDB collection ${JSON.stringify(config.collection)})`;
  }

  async find(id: string, signal: AbortSignal): Promise<CatalogueRecord | null> {
    const { timeoutMs, database, collection } = this.config;
    return limited(signal, timeoutMs, this.#name, async (either) => {
      try {
        this.#client ??= this.#open().catch((error: unknown) => {
          this.#client = undefined;
          throw error;
        });
        const client = await this.#client;
        const found = await client
          .db(database ?? undefined)
          .collection<{ _id: string }>(collection)
          .findOne({ _id: id }, { projection: FIELDS, maxTimeMS: Math.ceil(timeoutMs), signal: either });
        return found === null ? null : toRecord(id, found);
      } catch (error) {
        throw this.#mapped(error);
      }
    });
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.then((open) => open.close()).catch(() => undefined);
  }

  async #open(): Promise<MongoClient> {
    const { url, timeoutMs } = this.config;
    if (url.value === null) throw new LonghaulError('CatalogueUrlMissing', `${this.#name}: ${url.source}.`);
    // Loaded here: most workers never look into MongoDB.
    const { MongoClient: Client } = await import('mongodb');
    return new Client(url.value.reveal(), {
      appName: 'longhaul restore',
      maxPoolSize: MAX_CONNECTIONS,
      // A secondary may not have yet what was backed up just now; it is better than nothing where the primary is away.
      readPreference: 'primaryPreferred',
      retryWrites: false,
      serverSelectionTimeoutMS: timeoutMs,
      connectTimeoutMS: timeoutMs,
    });
  }

  /** The driver's own words are left out, also as a cause: they name hosts and users, and may quote the URL. */
  #mapped(error: unknown): LonghaulError {
    if (error instanceof LonghaulError) return error;
    const name = nameOf(error);
    const code = serverCode(error);
    // A handshake that was refused arrives as the cause of what waited for it.
    const inner = error instanceof Error ? serverCode(error.cause) : undefined;
    if (REFUSED.has(code) || REFUSED.has(inner) || name === 'MongoMissingCredentialsError') {
      return new LonghaulError('CatalogueRefused', `${this.#name} refuses access.`);
    }
    if (['MongoParseError', 'MongoInvalidArgumentError', 'MongoAPIError', 'TypeError', 'URIError'].includes(name)) {
      return new LonghaulError('CatalogueInvalid', `${this.#name}: ${this.config.url.source} holds no usable URL.`);
    }
    if (name === 'MongoServerError' && code !== 50) {
      const shown = typeof code === 'number' ? ` (code ${code})` : '';
      return new LonghaulError('CatalogueInvalid', `${this.#name} cannot be queried${shown}.`);
    }
    return new LonghaulError('CatalogueUnreachable', `${this.#name} cannot be reached (${name}).`);
  }
}
