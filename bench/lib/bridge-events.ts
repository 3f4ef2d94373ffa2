/** Transfer events of a measurement: objects to move, messages about them, and a watch over what arrives. */
import { createHash, randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { Readable } from 'node:stream';
import type { BridgeServers } from '../../src/dev/bridge-servers';
import { hashesOf } from '../../src/dev/gcs-server/hashes';
import { until } from '../../src/dev/wait';
import { BUCKET, type Rig } from './rig';

/** Of the Cloud Storage double. */
export const GCS_BUCKET = 'bench-gcs';
const MIB = 2 ** 20;
const LANES = 16;
/** SQS's own limit. */
const MESSAGES_PER_BATCH = 10;

export interface Moved {
  readonly eventId: string;
  readonly from: string;
  readonly to: string;
  readonly sha256?: string;
}

export type Way = 's3-to-gcs' | 'gcs-to-s3';

export const eventOf = (way: Way, { eventId, from, to, sha256 }: Moved): Record<string, unknown> => {
  const s3 = (key: string) => ({ provider: 'aws_s3', bucket: BUCKET, key, region: 'us-east-1' });
  const gcs = (key: string) => ({ provider: 'gcp_gcs', bucket: GCS_BUCKET, key, region: 'us-central1' });
  return {
    schemaVersion: '1.0.0',
    eventId,
    correlationId: randomUUID(),
    timestamp: new Date().toISOString(),
    source: way === 's3-to-gcs' ? s3(from) : gcs(from),
    destination: way === 's3-to-gcs' ? gcs(to) : s3(to),
    metadata: sha256 === undefined ? {} : { checksumSHA256: sha256 },
  };
};

export interface SmallObject extends Moved {
  readonly crc32c: string;
}

/** Objects of the same size and all different bytes, in the source bucket on S3. */
export async function putSmallObjects(rig: Rig, count: number, sizeBytes: number): Promise<SmallObject[]> {
  const objects: SmallObject[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const n = next;
      next += 1;
      const bytes = Buffer.alloc(sizeBytes, `${n} `);
      const from = `events/source-${n}`;
      await rig.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: from, Body: bytes }));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      objects.push({ eventId: randomUUID(), from, to: `moved/${n}`, sha256, crc32c: hashesOf(bytes).crc32c });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return objects;
}

export async function putLargeObject(rig: Rig, key: string, mib: number): Promise<void> {
  const chunk = Buffer.alloc(MIB);
  const pieces = function* (): Generator<Buffer> {
    for (let n = 0; n < mib; n += 1) {
      const piece = Buffer.from(chunk);
      for (let offset = 0; offset < MIB; offset += 4096) piece.writeUInt32LE(n * MIB + offset, offset);
      yield piece;
    }
  };
  const params = { Bucket: BUCKET, Key: key, Body: Readable.from(pieces()) };
  await new Upload({ client: rig.s3, params, partSize: 16 * MIB, queueSize: 2 }).done();
}

/** Sends the bodies to the queue, in batches; gives when each was handed over. */
export async function sendMessages({ sqs, queue }: BridgeServers, bodies: readonly string[]): Promise<number[]> {
  const sentMs: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < bodies.length) {
      const first = next;
      next += MESSAGES_PER_BATCH;
      const batch = bodies.slice(first, first + MESSAGES_PER_BATCH);
      const at = performance.now();
      batch.forEach((_, index) => (sentMs[first + index] = at));
      const Entries = batch.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      const { Failed = [] } = await sqs.client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
      if (Failed.length > 0) throw new Error(`SQS refused a message: ${Failed[0]?.Message ?? ''}`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  return sentMs;
}

export interface Arrivals {
  /** When each name became visible, every time that it did. */
  readonly times: ReadonlyMap<string, readonly number[]>;
  /** Resolves when `count` names are there, or when none has come for a long while. */
  settled(count: number): Promise<void>;
  end(): void;
}

const QUIET_MS = 60_000;

/** Watches objects whose names begin with `prefix` become visible in the Cloud Storage double. */
export function watchArrivals({ gcs }: BridgeServers, prefix: string): Arrivals {
  const times = new Map<string, number[]>();
  let lastMs = performance.now();
  const end = gcs.onEvent(({ eventType, object }) => {
    if (eventType !== 'OBJECT_FINALIZE' || !object.startsWith(prefix)) return;
    lastMs = performance.now();
    times.set(object, [...(times.get(object) ?? []), lastMs]);
  });
  return {
    times,
    end,
    settled: async (count) => {
      lastMs = performance.now();
      const isSettled = (): boolean => times.size >= count || performance.now() - lastMs > QUIET_MS;
      await until(isSettled, { what: 'all objects', timeoutMs: 3_600_000, intervalMs: 20 });
    },
  };
}

/** Waits until nobody has a message of the queue in hand any more. */
export const queueEmpty = ({ sqs, queue }: BridgeServers): Promise<unknown> =>
  until(
    async () => {
      const { visible, inFlight } = await sqs.depth(queue);
      return visible + inFlight === 0;
    },
    { what: 'the queue to be empty', timeoutMs: 300_000, intervalMs: 200 },
  );
