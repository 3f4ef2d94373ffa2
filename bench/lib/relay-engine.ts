/**
 * Longhaul's engine alone, in a process of its own, for bench/relay: one line of JSON says what to move, "ready" and "done" bound
 * the work, as in the scripts of bench/peers. Settings are the product's defaults where the job says nothing else.
 */
import { createInterface } from 'node:readline';
import {
  AddressGuard,
  createHttpClient,
  createHttpSource,
  createS3Client,
  createS3Destination,
  MemoryBudget,
  openTransfer,
  SourceUrl,
  transferParts,
  type TransferSpec,
} from '../../src/transfer';
import { Secret } from '../../src/model/secret';
import type { RelayJob } from './relay-job';

const MIB = 2 ** 20;
/** The defaults of aws.part_size_mb, transfer.lanes, transfer.max_lanes and LONGHAUL_TRANSFER_MEMORY_MB. */
const PART_BYTES = 16 * MIB;
const LANES = 4;
const MAX_LANES = 8;
const MEMORY_BYTES = 128 * MIB;
const STALL_TIMEOUT_MS = 60_000;

async function main(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const read = async (): Promise<string> => String((await lines.next()).value);
  const job = JSON.parse(await read()) as RelayJob;
  const http = createHttpClient({ guard: new AddressGuard({ allowedHosts: ['127.0.0.1'] }) });
  const client = createS3Client({
    region: job.region,
    endpoint: job.endpoint,
    forcePathStyle: true,
    credentials: {
      kind: 'keys',
      accessKeyId: job.accessKeyId,
      secretAccessKey: new Secret(job.secretAccessKey),
    },
  });
  const destination = createS3Destination({ client, bucket: job.bucket });
  const memory = new MemoryBudget(MEMORY_BYTES);
  const { signal } = new AbortController();

  const move = async (url: string, key: string): Promise<void> => {
    const spec: TransferSpec = {
      source: createHttpSource({ http, resolve: () => Promise.resolve(new SourceUrl(url)) }),
      destination,
      key,
      transferId: `bench:${key}`,
      publish: 'direct',
      partSizeBytes: PART_BYTES,
      lanes: LANES,
      maxLanes: MAX_LANES,
      memory,
      stallTimeoutMs: STALL_TIMEOUT_MS,
    };
    const control = { signal, onProgress: () => undefined };
    const opened = await openTransfer(spec, control);
    if (opened.kind === 'begun') await transferParts(spec, opened.upload, control);
  };
  const moveAll = async (urls: readonly string[], prefix: string): Promise<void> => {
    const numbered = urls.map((url, number) => ({ url, key: `${prefix}${number}` }));
    const next = numbered[Symbol.iterator]();
    const worker = async (): Promise<void> => {
      for (const { url, key } of next) await move(url, key);
    };
    await Promise.all(Array.from({ length: job.concurrency }, worker));
  };

  await moveAll(job.warmUpUrls, `${job.prefix}warm-`);
  process.stdout.write('ready\n');
  await read();
  await moveAll(job.urls, job.prefix);
  process.stdout.write('done\n');
  // Its counters can still be read until standard input ends.
  await lines.next();
  client.destroy();
  await http.close();
}

void main();
