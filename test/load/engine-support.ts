/** What the tests of the load engine share: a table, files in a bucket, and the whole way from one to the other. */
import { randomBytes } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import * as engine from '../../src/load';
import type {
  ColumnMapping,
  Database,
  FormatOptions,
  LoadType,
  SourceFile,
  StagedFile,
  TargetTable,
} from '../../src/load';
import { Secret } from '../../src/model/secret';
import { createS3Destination, listPrefix, type S3Destination } from '../../src/transfer';
import { startTestPostgres, type TestPostgres } from '../support/postgres';
import { freshBucket, sharedS3Client } from '../support/shared-stack';

export const never = (): AbortSignal => new AbortController().signal;
export const control = { signal: never() };

export { failureOf } from '../support/thrown';

export const mappingOf = (columns: readonly string[], changes: Partial<ColumnMapping> = {}): ColumnMapping => ({
  columns,
  rename: {},
  drop: [],
  constants: {},
  extra: 'refuse',
  ...changes,
});

export const AUTO: FormatOptions = { format: 'auto', csv: engine.RFC_4180 };

export interface LoadOptions {
  readonly type?: LoadType;
  readonly key?: readonly string[];
  readonly columns: readonly string[];
  readonly mapping?: Partial<ColumnMapping>;
  readonly format?: FormatOptions;
  readonly chunkSizeBytes?: number;
  readonly rejectLimit?: number;
  readonly runId?: string;
  readonly schema?: string;
  readonly maxRows?: number;
}

export interface Rig {
  readonly postgres: TestPostgres;
  readonly database: Database;
  readonly client: S3Client;
  readonly bucket: string;
  readonly staging: S3Destination;
  put(key: string, body: string | Buffer): Promise<SourceFile>;
  keys(prefix: string): Promise<string[]>;
  target(table: string, options: LoadOptions): Promise<TargetTable>;
  stage(file: SourceFile, target: TargetTable, options: LoadOptions): Promise<StagedFile & { prefix: string }>;
  /** All steps, for one or more files. */
  load(
    table: string,
    files: readonly SourceFile[],
    options: LoadOptions,
  ): Promise<engine.FinishedLoad & { runId: string }>;
  stop(): Promise<void>;
}

export const databaseAt = (url: string, changes: Partial<engine.DatabaseSettings> = {}): Database =>
  engine.openDatabase({ url: new Secret(url), source: 'environment variable TEST_URL', ...changes });

export async function startRig(): Promise<Rig> {
  const postgres = await startTestPostgres();
  const client = sharedS3Client();
  const bucket = await freshBucket('load');
  const staging = createS3Destination({ client, bucket });
  const database = databaseAt(postgres.url);
  let files = 0;

  const rig: Rig = {
    postgres,
    database,
    client,
    bucket,
    staging,
    async put(key, body) {
      const reply = await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentLength: Buffer.byteLength(body) }),
      );
      const file = { bucket, key, sizeBytes: Buffer.byteLength(body), etag: reply.ETag ?? '', index: files };
      files += 1;
      return file;
    },
    async keys(prefix) {
      const found: string[] = [];
      for await (const { key } of listPrefix({ client, bucket, prefix, signal: never() })) found.push(key);
      return found;
    },
    target: (table, { type = 'full', key = [], columns, mapping, schema = 'public' }) =>
      engine.inspectTarget(
        database,
        { table: { schema, table }, loadType: type, mapping: mappingOf(columns, mapping), key },
        control,
      ),
    async stage(file, target, { columns, mapping, format = AUTO, ...rest }) {
      const prefix = engine.stagingPrefix('test', Date.now(), randomBytes(4).toString('hex'));
      const request = { client, file, format, mapping: mappingOf(columns, mapping), target, staging, prefix };
      const { chunkSizeBytes, maxRows } = rest;
      const staged = await engine.stageFile(
        {
          ...request,
          firstPart: file.index * engine.PARTS_PER_FILE,
          ...(chunkSizeBytes === undefined ? {} : { chunkSizeBytes }),
          ...(maxRows === undefined ? {} : { maxRows }),
        },
        control,
      );
      return { ...staged, prefix };
    },
    async load(table, sources, options) {
      const { type = 'full', key = [], rejectLimit = 0, runId = `run-${randomBytes(4).toString('hex')}` } = options;
      const target = await rig.target(table, options);
      const load = await engine.prepareLoad(database, { runId, loadType: type, target, key }, control);
      let stagedRows = 0;
      let columns = options.columns;
      for (const file of sources) {
        const staged = await rig.stage(file, target, options);
        ({ columns } = staged);
        stagedRows += staged.rows;
        const rejects = { limit: rejectLimit, destination: staging, prefix: `rejects/${runId}/` };
        await Promise.all(
          staged.chunks.map((chunk) => engine.copyChunk(database, { runId, chunk, load, staging, rejects }, control)),
        );
      }
      const request = { runId, loadType: type, target: { schema: target.schema, table }, load, key, columns };
      const finished = await engine.finishLoad(database, { ...request, stagedRows, rejectLimit }, control);
      return { ...finished, runId };
    },
    async stop() {
      await database.close();
      client.destroy();
      await postgres.stop();
    },
  };
  return rig;
}
