/** Everything one transfer test needs, over real servers: a source, a store, and how to look at what arrived. */
import { createHash, randomBytes } from 'node:crypto';
import { GetObjectCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  AddressGuard,
  createHttpClient,
  createHttpSource,
  createS3Destination,
  MemoryBudget,
  openTransfer,
  publishUpload,
  SourceUrl,
  transferParts,
  type HttpClient,
  type MovedObject,
  type TransferCheckpoint,
  type TransferControl,
  type TransferSpec,
} from '../../src/transfer';

export const MIB = 1024 * 1024;
/** Fast enough for a test, slow enough to see order. */
export const QUICK_RETRY = { baseDelayMs: 5, maxDelayMs: 40, totalMs: 5_000 };

export const testHttp = (allowedHosts = ['127.0.0.0/8']): HttpClient =>
  createHttpClient({ guard: new AddressGuard({ allowedHosts }) });

export interface SpecOptions extends Partial<Omit<TransferSpec, 'destination' | 'source'>> {
  readonly source?: TransferSpec['source'];
  readonly url?: string;
  readonly http?: HttpClient;
  readonly client: S3Client;
  readonly bucket: string;
  readonly listPageSize?: number;
}

let transfers = 0;

export function makeSpec(options: SpecOptions): TransferSpec {
  const { url, http, client, bucket, listPageSize, source, ...rest } = options;
  transfers += 1;
  const fromUrl = (): TransferSpec['source'] =>
    createHttpSource({ http: http!, resolve: () => Promise.resolve(new SourceUrl(url!)) });
  return {
    source: source ?? fromUrl(),
    destination: createS3Destination({ client, bucket, ...(listPageSize === undefined ? {} : { listPageSize }) }),
    key: `objects/${transfers}.bin`,
    transferId: `transfer-${transfers}`,
    publish: 'atomic',
    partSizeBytes: 5 * MIB,
    lanes: 3,
    memory: new MemoryBudget(64 * MIB),
    stallTimeoutMs: 5_000,
    retry: QUICK_RETRY,
    ...rest,
  };
}

export interface TestControl extends TransferControl {
  readonly seen: TransferCheckpoint[];
  readonly abort: AbortController;
}

export function makeControl(earlier: Partial<Pick<TransferControl, 'checkpoint' | 'repeatedSince'>> = {}): TestControl {
  const abort = new AbortController();
  const seen: TransferCheckpoint[] = [];
  return { signal: abort.signal, abort, seen, onProgress: (checkpoint) => void seen.push(checkpoint), ...earlier };
}

/** The whole way, as the two activities and the publication go it. */
export async function moveAll(spec: TransferSpec, control: TransferControl = makeControl()): Promise<MovedObject> {
  const opened = await openTransfer(spec, control);
  const moved = opened.kind === 'moved' ? opened.object : await transferParts(spec, opened.upload, control);
  if (moved.uploadId === undefined) return moved;
  return { ...moved, ...(await publish(spec, moved)) };
}

export const publish = (spec: TransferSpec, moved: MovedObject): ReturnType<typeof publishUpload> =>
  publishUpload({
    destination: spec.destination,
    key: spec.key,
    uploadId: moved.uploadId!,
    transferId: spec.transferId,
    bytes: moved.bytes,
    ...(moved.crc32 === undefined ? {} : { crc32: moved.crc32 }),
    ...(moved.crc32c === undefined ? {} : { crc32c: moved.crc32c }),
    ...(spec.ifAbsent === undefined ? {} : { ifAbsent: spec.ifAbsent }),
    ...(spec.readBack === undefined ? {} : { readBack: spec.readBack }),
    parts: moved.parts,
    ...(moved.partEtag === undefined ? {} : { partEtag: moved.partEtag }),
    verified: moved.verified,
    signal: new AbortController().signal,
    retry: QUICK_RETRY,
  });

export async function readObject(client: S3Client, bucket: string, key: string): Promise<Buffer | undefined> {
  try {
    const reply = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Buffer.from(await reply.Body!.transformToByteArray());
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
    throw error;
  }
}

export async function openUploads(client: S3Client, bucket: string, prefix = ''): Promise<string[]> {
  const reply = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }));
  return (reply.Uploads ?? []).map(({ Key }) => Key ?? '');
}

export const sha256 = (data: Buffer | undefined): string =>
  data === undefined ? 'nothing' : createHash('sha256').update(data).digest('hex');

/** One large random block, cut as needed: making new ones costs more than the tests do. */
const block = randomBytes(24 * MIB);
export const bytesOf = (length: number, offset = 0): Buffer => Buffer.from(block.subarray(offset, offset + length));
