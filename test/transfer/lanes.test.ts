/** Lanes of a real transfer: more of them from a source that limits each connection, fewer to a store that refuses. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { LonghaulError } from '../../src/model/errors';
import { createHttpSource, MemoryBudget, SourceUrl, transferParts, type TransferSpec } from '../../src/transfer';
import type { Destination, ListedPart } from '../../src/transfer/destination';
import { startSourceServer, type SourceServer } from '../support/source-server';
import { makeControl, QUICK_RETRY, testHttp } from '../support/transfer-rig';

const KIB = 1024;
const PART = 128 * KIB;
/** A connection brings a part in this time, whatever the others do. */
const PART_MS = 100;
const http = testHttp();
afterAll(() => http.close());

let source: SourceServer;
afterEach(() => source.close());

/** Holds parts in memory; `write` is asked before each. */
const destination = (parts: Map<number, ListedPart>, write: () => Promise<void>): Destination =>
  ({
    display: (key: string) => `memory:${key}`,
    listParts: () => Promise.resolve([]),
    writePart: async (_key: string, _uploadId: string, part: { number: number; body: Buffer }) => {
      await write();
      const written = { number: part.number, bytes: part.body.length, etag: `"${part.number}"` };
      parts.set(part.number, written);
      return written;
    },
  }) as unknown as Destination;

const move = async (options: {
  parts: number;
  lanes: number;
  maxLanes?: number;
  memory?: MemoryBudget;
  write?: () => Promise<void>;
}) => {
  const body = randomBytes(options.parts * PART);
  source = await startSourceServer({ body, etag: '"v1"' });
  const { memory = new MemoryBudget(64 * PART), lanes, maxLanes, write = () => Promise.resolve() } = options;
  const arrived = new Map<number, ListedPart>();
  const told: number[] = [];
  const spec: TransferSpec = {
    source: createHttpSource({ http, resolve: () => Promise.resolve(new SourceUrl(source.url)) }),
    destination: destination(arrived, write),
    key: 'object',
    transferId: 'transfer',
    publish: 'atomic',
    partSizeBytes: PART,
    lanes,
    ...(maxLanes === undefined ? {} : { maxLanes }),
    memory,
    stallTimeoutMs: 5_000,
    retry: { ...QUICK_RETRY, totalMs: 20_000 },
    onLanes: (count) => told.push(count),
  };
  const version = { etag: '"v1"', sizeBytes: body.length };
  const beganMs = performance.now();
  const run = () =>
    transferParts(spec, { uploadId: 'upload', version, partSizeBytes: PART, resumable: true }, makeControl());
  return { run, told, arrived, memory, seconds: () => (performance.now() - beganMs) / 1000 };
};

/** Every answer of the source waits as if its connection were slow. */
const slowSource = (): void => {
  source.fault = (_request, response) => {
    const end = response.end.bind(response);
    response.end = ((...args: Parameters<typeof end>) => {
      setTimeout(() => end(...args), PART_MS);
      return response;
    }) as typeof response.end;
    return false;
  };
};

it('takes more lanes while each connection of the source is slow, within the maximum and the memory', async () => {
  const fast = await move({ parts: 400, lanes: 4, maxLanes: 32, memory: new MemoryBudget(24 * PART) });
  slowSource();
  await expect(fast.run()).resolves.toMatchObject({ bytes: 400 * PART, parts: 400 });
  expect(Math.max(...fast.told)).toBeGreaterThanOrEqual(16);
  expect(Math.max(...fast.told)).toBeLessThanOrEqual(24);
  expect(fast.memory.peakBytes).toBeLessThanOrEqual(24 * PART);
  expect(fast.told.at(-1)).toBe(0);
  // Four lanes would take 10 s.
  expect(fast.seconds()).toBeLessThan(8);
});

it('goes down to what a store takes, and meets few refusals', async () => {
  const limit = 3;
  let [active, refused, most] = [0, 0, 0];
  const write = async (): Promise<void> => {
    active += 1;
    most = Math.max(most, active);
    try {
      if (active > limit) {
        refused += 1;
        throw new LonghaulError('DestinationThrottled', 'SlowDown', { httpStatus: 503 });
      }
      await sleep(20);
    } finally {
      active -= 1;
    }
  };
  // Memory for the lanes of the beginning alone: who waits for its turn holds what it has.
  const slow = await move({ parts: 300, lanes: 12, write, memory: new MemoryBudget(12 * PART) });
  await expect(slow.run()).resolves.toMatchObject({ bytes: 300 * PART, parts: 300 });
  expect(most).toBeGreaterThan(limit);
  expect(slow.arrived.size).toBe(300);
  const lowest = Math.min(...slow.told.slice(0, -1));
  expect(lowest).toBeLessThanOrEqual(limit);
  expect(refused).toBeLessThan(60);
});
