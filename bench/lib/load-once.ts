/** One load by the engine, from the listing of the files to the rows in the table. */
import { randomBytes } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import {
  copyChunk,
  copyMeanwhile,
  DEFAULT_CHUNK_BYTES,
  finishLoad,
  inspectTarget,
  listSourceFiles,
  openDatabase,
  PARTS_PER_FILE,
  prepareLoad,
  removeStaging,
  RFC_4180,
  stageFile,
  stagingPrefix,
  type ColumnMapping,
  type CopiedChunk,
  type StagedChunk,
  type StagedFile,
} from '../../src/load';
import { Secret } from '../../src/model/secret';
import { createS3Client, createS3Destination } from '../../src/transfer';
import { inLanes } from '../../src/transfer/lib/lanes';

export interface LoadJob {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly databaseUrl: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly connections: number;
  readonly chunkMib?: number;
  /** True: everything is staged before the first chunk is copied, so that COPY can be timed alone. Default: as the job does it. */
  readonly isPhased?: boolean;
}

export interface LoadTimes {
  readonly rows: number;
  readonly totalSec: number;
  readonly stageSec: number;
  /** From the last staged chunk on; of a phased load all of it. */
  readonly copySec: number;
  readonly finishSec: number;
}

export const storeClient = (job: Pick<LoadJob, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>): S3Client =>
  createS3Client({
    region: job.region,
    endpoint: job.endpoint,
    forcePathStyle: true,
    credentials: {
      kind: 'keys',
      accessKeyId: job.accessKeyId,
      secretAccessKey: new Secret(job.secretAccessKey),
    },
  });

export async function loadOnce(job: LoadJob): Promise<LoadTimes> {
  const client = storeClient(job);
  const settings = { url: new Secret(job.databaseUrl), source: 'database of the bench' };
  const database = openDatabase({ ...settings, maxConnections: job.connections + 1 });
  const control = { signal: new AbortController().signal };
  const { bucket, columns } = job;
  const staging = createS3Destination({ client, bucket });
  const mapping: ColumnMapping = { columns, rename: {}, drop: [], constants: {}, extra: 'refuse' };
  const runId = `bench-${randomBytes(4).toString('hex')}`;
  const prefix = stagingPrefix('bench', Date.now(), randomBytes(4).toString('hex'));
  const chunkSizeBytes = job.chunkMib === undefined ? DEFAULT_CHUNK_BYTES : job.chunkMib * 2 ** 20;
  const begunMs = performance.now();
  const since = (fromMs: number): number => (performance.now() - fromMs) / 1000;
  try {
    const table = { schema: 'public', table: job.table };
    const target = await inspectTarget(database, { table, loadType: 'full', mapping, key: [] }, control);
    const load = await prepareLoad(database, { runId, loadType: 'full', target, key: [] }, control);
    const stageMs = performance.now();
    let copyMs = stageMs;
    const stage = async (
      onChunk: ((chunk: StagedChunk) => void) | undefined,
      signal: AbortSignal,
    ): Promise<StagedFile[]> => {
      const files: StagedFile[] = [];
      for (const file of await listSourceFiles({ client, bucket, prefix: job.prefix }, control)) {
        const format = { format: 'auto' as const, csv: RFC_4180 };
        const firstPart = file.index * PARTS_PER_FILE;
        const request = { client, file, format, mapping, target, staging, prefix, firstPart, chunkSizeBytes, onChunk };
        files.push(await stageFile(request, { signal }));
      }
      copyMs = performance.now();
      return files;
    };
    const copy = (chunk: StagedChunk, signal: AbortSignal): Promise<CopiedChunk> =>
      copyChunk(database, { runId, chunk, load, staging }, { signal });
    const { staged, copied } =
      job.isPhased === true
        ? { staged: await stage(undefined, control.signal), copied: [] }
        : await copyMeanwhile({ lanes: job.connections, copy }, stage, control.signal);
    const chunks = staged.flatMap((file) => file.chunks);
    await inLanes(chunks.slice(copied.length), job.connections, control.signal, async (chunk, signal) => {
      await copy(chunk, signal);
    });
    const stageSec = (copyMs - stageMs) / 1000;
    const copySec = since(copyMs);
    const finishMs = performance.now();
    const stagedRows = staged.reduce((sum, { rows }) => sum + rows, 0);
    const finish = { runId, loadType: 'full' as const, target: table, load, key: [], columns, stagedRows };
    const { rows } = await finishLoad(database, finish, control);
    const finishSec = since(finishMs);
    // A run has not ended before.
    await removeStaging({ staging, prefix }, control);
    return { rows, totalSec: since(begunMs), stageSec, copySec, finishSec };
  } catch (error) {
    await removeStaging({ staging, prefix }, control);
    throw error;
  } finally {
    await database.close();
    client.destroy();
  }
}
