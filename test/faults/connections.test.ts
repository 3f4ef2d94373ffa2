/**
 * Connections that break, between a worker and its source and between it and the store: each kind of fault in the middle of a
 * body, in a request, and in an answer. The run ends as if nothing had been, and every object was written once.
 */
import { freePort } from '../../src/dev/ports';
import { generatedFile, type SampleFile } from '../../src/dev/export-api';
import type { ExportResult } from '../../src/model/export-run';
import { enableVersioning, writesByKey } from '../crash/support/versions';
import { startFaultProxy, type Fault, type FaultProxy } from '../support/fault-proxy';
import { RunHarness } from '../support/run-harness';
import type { TestProject } from '../support/test-project';

const MIB = 2 ** 20;
const PART_BYTES = 5 * MIB;
/** Three parts. */
const LARGE = generatedFile('asset', 'large.parquet', 2 * PART_BYTES + 1_000, 1);
/** The store's deadline grows with what is sent, so that what is silent to a small part is noticed soon. */
const SMALL = generatedFile('asset', 'small.parquet', 200_000, 2);
const STALL_TIMEOUT_SEC = 1;
/** Longer than the deadlines of both sides: only a new request helps. */
const FOREVER_MS = 600_000;
const IN_THE_BODY = 100_000;
/** 60 s is how long a store may take to answer. */
const RUN_TIMEOUT_MS = 150_000;

interface Case {
  readonly name: string;
  readonly between: 'source' | 'store';
  readonly file: SampleFile;
  /** The first request that fits has the fault. */
  readonly hits: (head: string) => boolean;
  readonly fault: Fault;
}

const second = (head: string): boolean => head.startsWith('GET ') && head.includes(`bytes=${PART_BYTES}-`);
const part = (head: string): boolean => head.startsWith('PUT ') && head.includes('partNumber=');
const complete = (head: string): boolean => head.startsWith('POST ') && head.includes('uploadId=');
const toClient = { side: 'toClient', atByte: IN_THE_BODY } as const;
const toServer = { side: 'toServer', atByte: IN_THE_BODY } as const;
const answer = { side: 'toClient', atByte: 0 } as const;
const inHead = { side: 'toServer', atByte: 20 } as const;

const ofSource = (name: string, fault: Fault): Case => ({ name, between: 'source', file: LARGE, hits: second, fault });
const ofStore = (name: string, file: SampleFile, hits: Case['hits'], fault: Fault): Case => ({
  ...{ name, between: 'store', file, hits, fault },
});

const CASES: readonly Case[] = [
  ofSource('reset in the body', { kind: 'reset', ...toClient }),
  ofSource('reset in the request', { kind: 'reset', ...inHead }),
  ofSource('truncated body', { kind: 'truncate', ...toClient }),
  ofSource('body that stalls a moment', { kind: 'stall', ...toClient, forMs: 300 }),
  ofSource('body that stalls for good', { kind: 'stall', ...toClient, forMs: FOREVER_MS }),
  ofSource('no bandwidth left in the body', { kind: 'noBandwidth', ...toClient }),
  ofSource('half-open in the body', { kind: 'halfOpen', ...toClient }),
  ofSource('half-open before the request is through', { kind: 'halfOpen', ...inHead }),
  ofSource('body that drips', { kind: 'drip', ...toClient, bytesPerSec: 1_000 }),
  ofStore('reset in a part', LARGE, part, { kind: 'reset', ...toServer }),
  ofStore('reset in the answer to a part', LARGE, part, { kind: 'reset', ...answer }),
  ofStore('truncated part', LARGE, part, { kind: 'truncate', ...toServer }),
  ofStore('truncated answer to a part', LARGE, part, { kind: 'truncate', side: 'toClient', atByte: 20 }),
  ofStore('part that stalls a moment', SMALL, part, { kind: 'stall', ...toServer, forMs: 300 }),
  ofStore('part that stalls for good', SMALL, part, { kind: 'stall', ...toServer, forMs: FOREVER_MS }),
  ofStore('no bandwidth left in a part', SMALL, part, { kind: 'noBandwidth', ...toServer }),
  ofStore('half-open in a part', SMALL, part, { kind: 'halfOpen', ...toServer }),
  ofStore('half-open before the answer to a part', SMALL, part, { kind: 'halfOpen', ...answer }),
  ofStore('part that drips', SMALL, part, { kind: 'drip', ...toServer, bytesPerSec: 50_000 }),
  ofStore('reset in the answer to Complete', LARGE, complete, { kind: 'reset', ...answer }),
  ofStore('truncated Complete', LARGE, complete, { kind: 'truncate', side: 'toServer', atByte: 300 }),
];

interface Started {
  readonly project: TestProject;
  readonly proxy: FaultProxy;
  readonly result: Promise<ExportResult>;
}

let harness: RunHarness;
const started = new Map<Case, Started>();

async function start(each: Case): Promise<Started> {
  const filesPort = await freePort();
  const target = each.between === 'source' ? `http://127.0.0.1:${filesPort}` : harness.servers.s3.endpoint;
  const proxy = await startFaultProxy(new URL(target));
  let isLeft = true;
  proxy.script = ({ head }) => {
    if (!each.hits(head)) return undefined;
    // A busy machine may give a range up before the byte of the fault is there; then its next request has it.
    const isNext = isLeft || (each.between === 'source' && proxy.struck.length === 0);
    isLeft = false;
    return isNext ? each.fault : undefined;
  };
  const project = await harness.project({
    files: [each.file],
    api: { filesPort, ...(each.between === 'source' ? { publicFilesUrl: proxy.endpoint } : {}) },
    config: {
      ...(each.between === 'store' ? { aws: { endpoint: proxy.endpoint } } : {}),
      transfer: { stall_timeout_sec: STALL_TIMEOUT_SEC },
    },
  });
  await enableVersioning(harness.s3, project.bucket);
  await project.plantForeign([project.keyOf(each.file)]);
  const result = (await project.start()).result();
  // Looked at by the case's own test; a failure before that is not an unhandled one.
  result.catch(() => undefined);
  return { project, proxy, result };
}

beforeAll(async () => {
  harness = await RunHarness.start();
  // All at once: most of the time goes by in waiting for what never comes.
  for (const each of CASES) started.set(each, await start(each));
}, 120_000);
afterAll(async () => {
  await harness.stop();
  await Promise.all([...started.values()].map(({ proxy }) => proxy.close()));
});

describe.each(['source', 'store'] as const)('between the worker and its %s', (between) => {
  it.each(CASES.filter((each) => each.between === between))(
    '$name',
    async (each) => {
      const { project, proxy, result } = started.get(each)!;
      expect(await result).toMatchObject({ objects: 1, failed: 0 });
      expect(proxy.struck).toEqual([each.fault]);
      await project.expectByteExact();
      const { bucket, targetPrefix, controlPrefix } = project;
      expect(await writesByKey(harness.s3, bucket, targetPrefix, controlPrefix)).toEqual({
        [`${targetPrefix}/asset/foreign.csv`]: 1,
        [project.keyOf(each.file)]: 1,
        [`${targetPrefix}/_SUCCESS`]: 1,
      });
      // The two that were planted.
      expect((await project.snapshot()).uploads).toHaveLength(2);
    },
    RUN_TIMEOUT_MS,
  );
});
