/** One run for each stage, each held at one point of it, so that a single SIGKILL meets all of them there. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { generatedFile, type SampleFile } from '../../../src/dev/export-api';
import { ensureBucket } from '../../../src/dev/s3-client';
import type { PublishMode, Stage } from '../../../src/model/run';
import type { BucketSnapshot } from '../../support/bucket-view';
import { untilProgress, type RunHandle } from '../../support/run-outcome';
import type { RunHarness } from '../../support/run-harness';
import type { StoreRequest } from '../../support/s3-proxy';
import { uniqueName } from '../../support/shared-stack';
import type { TestProject } from '../../support/test-project';
import { until } from '../../support/until';
import { startStoppingProxy, type StopAt, type StoppingProxy } from './stop-at';
import { enableVersioning } from './versions';

const MIB = 2 ** 20;
export const PART_BYTES = 5 * MIB;
export const LANES = 4;
const PREFIX_OBJECTS = 6;
/** Longer than it takes to bring all runs to their points, and over before the test is. */
const POLL_DELAY_MS = 20_000;

const SMALL = generatedFile('asset', 'small.parquet', 10_000, 1);
const TWO_PARTS = generatedFile('asset', 'large.parquet', PART_BYTES + 1_000, 2);
export const LARGE = generatedFile('asset', 'large.parquet', 12 * PART_BYTES, 2);
/** Its URL answers 404 after the others have been staged, which sends the run into its cleanup. */
const GONE = generatedFile('asset', 'gone.parquet', 10_000, 3);

export interface StageCase {
  readonly name: string;
  readonly stage: Stage;
  readonly publish: PublishMode;
  readonly files: readonly SampleFile[];
  readonly stopAt?: StopAt;
  readonly withPrefix?: boolean;
  /** Parts of LARGE stop in the middle: it never ends before the kill. */
  readonly stallsParts?: boolean;
  /** Cancelled once the parts stall; what is held then is its cleanup. */
  readonly cancels?: boolean;
  readonly pageRecords?: number;
  /** GONE answers 503 until all other records are done, and then 404. */
  readonly goneAfterOthers?: boolean;
  /** What the run fails with; absent: it succeeds. */
  readonly fails?: string;
}

const on =
  (operation: StoreRequest['operation'], path: string) =>
  (request: StoreRequest): boolean =>
    request.operation === operation && request.url.pathname.includes(path);

const both = [SMALL, TWO_PARTS];
const record = 'sample/data/asset/';

export const STAGE_CASES: readonly StageCase[] = [
  {
    name: 'preparing: the bucket is being checked',
    stage: 'preparing',
    publish: 'atomic',
    files: [SMALL],
    stopAt: { when: on('create', 'run.json'), moment: 'before' },
  },
  { name: 'exporting: a poll is under way', stage: 'exporting', publish: 'atomic', files: [SMALL] },
  {
    name: 'listing: a manifest page is written, unheard',
    stage: 'listing',
    publish: 'atomic',
    files: both,
    stopAt: { when: on('put', 'manifest/page-00000'), moment: 'after' },
  },
  {
    name: 'opening: the upload is created, its id unheard',
    stage: 'transferring',
    publish: 'atomic',
    files: both,
    stopAt: { when: on('create', `${record}large`), moment: 'after' },
  },
  {
    name: 'moving: four parts in flight',
    stage: 'transferring',
    publish: 'atomic',
    files: [SMALL, LARGE],
    stallsParts: true,
  },
  {
    name: 'copying a prefix: the fourth copy is done, unheard',
    stage: 'transferring',
    publish: 'atomic',
    files: [SMALL],
    withPrefix: true,
    stopAt: { when: (request) => request.operation === 'copyPart' && request.nth === 4, moment: 'after' },
  },
  {
    name: 'staging a page: it is written, unheard',
    stage: 'transferring',
    publish: 'atomic',
    files: both,
    stopAt: { when: on('put', 'staged/page-00000'), moment: 'after' },
  },
  {
    name: 'direct, small: the object is put, unheard',
    stage: 'transferring',
    publish: 'direct',
    files: both,
    stopAt: { when: on('put', `${record}small`), moment: 'after' },
  },
  {
    name: 'direct, large: the upload is completed, unheard',
    stage: 'transferring',
    publish: 'direct',
    files: both,
    stopAt: { when: on('complete', `${record}large`), moment: 'after' },
  },
  {
    name: 'publishing: one object is completed, unheard',
    stage: 'publishing',
    publish: 'atomic',
    files: both,
    stopAt: { when: on('complete', `${record}large`), moment: 'after' },
  },
  {
    name: 'reporting: the report is being written',
    stage: 'reporting',
    publish: 'atomic',
    files: both,
    stopAt: { when: on('put', 'report.json'), moment: 'before' },
  },
  {
    name: 'cleaning, atomic: an upload is aborted, unheard',
    stage: 'transferring',
    publish: 'atomic',
    files: [...both, GONE],
    fails: 'SourceNotFound',
    stopAt: { when: on('abort', record), moment: 'after' },
  },
  {
    name: 'cleaning, direct: an object is deleted, unheard',
    stage: 'transferring',
    publish: 'direct',
    files: [...both, GONE],
    fails: 'SourceNotFound',
    stopAt: { when: on('delete', record), moment: 'after' },
  },
  {
    name: 'cleaning pages that had ended: an upload is being aborted',
    stage: 'cleaning',
    publish: 'atomic',
    files: [...both, GONE],
    pageRecords: 1,
    goneAfterOthers: true,
    fails: 'SourceNotFound',
    stopAt: { when: on('abort', record), moment: 'before' },
  },
  {
    name: 'cleaning after a cancel: an upload is aborted, unheard',
    stage: 'transferring',
    publish: 'atomic',
    files: [SMALL, LARGE],
    stallsParts: true,
    cancels: true,
    fails: 'Cancelled',
    stopAt: { when: on('abort', record), moment: 'after' },
  },
];

/** A case that runs. */
export interface HeldRun {
  readonly project: TestProject;
  readonly proxy: StoppingProxy;
  readonly handle: RunHandle;
  readonly before: BucketSnapshot;
}

const nowhere: StopAt = { when: () => false, moment: 'before' };

/** Starts the case's run and waits until it is held. Others' uploads lie open under the same keys from before. */
export async function holdRun(harness: RunHarness, each: StageCase): Promise<HeldRun> {
  const proxy = await startStoppingProxy(harness.servers.s3.endpoint, each.stopAt ?? nowhere);
  const prefix = each.withPrefix === true ? await plantSource(harness) : undefined;
  const project = await harness.project({
    files: each.files,
    config: {
      aws: { publish: each.publish, endpoint: proxy.endpoint },
      transfer: { page_records: each.pageRecords ?? 300 },
    },
    ...(prefix === undefined ? {} : { api: { prefixes: { vulnerability: [prefix] } } }),
  });
  await enableVersioning(harness.s3, project.bucket);
  await project.plantForeign(each.files.map((file) => project.keyOf(file)));
  const before = await project.snapshot();
  script(project, each);
  const handle = await project.start();
  if (each.stopAt === undefined || each.cancels === true) await untilHeld(project, each);
  if (each.goneAfterOthers === true) await failAfterOthers(project, handle, each);
  if (each.cancels === true) await handle.cancel();
  if (each.stopAt !== undefined) await proxy.reached;
  await untilProgress(handle, `${each.name}: stage ${each.stage}`, ({ stage }) => stage === each.stage);
  return { project, proxy, handle, before };
}

/** What of the case is held at the export API or its file host. */
function script({ api }: TestProject, each: StageCase): void {
  if (each.stage === 'exporting') api.faults.api({ on: 'poll', delayMs: POLL_DELAY_MS });
  const isLater = each.goneAfterOthers === true;
  const fault = isLater ? { delayMs: 100, status: 503 } : { delayMs: 3_000, status: 404 };
  if (each.files.includes(GONE)) api.faults.file({ path: GONE.path, ...fault, always: true });
  if (each.stallsParts !== true) return;
  // Parts 5 to 8 stop after their first MiB: with four lanes exactly these are in flight then.
  for (let part = 5; part < 5 + LANES; part += 1) {
    api.faults.file({ path: LARGE.path, atByte: (part - 1) * PART_BYTES, stallAfterBytes: MIB });
  }
}

/** A page that is still moving would be the one that aborts its upload, and so never end. */
async function failAfterOthers({ api }: TestProject, handle: RunHandle, each: StageCase): Promise<void> {
  const others = each.files.length - 1;
  await untilProgress(handle, `${each.name}: all but one are done`, ({ totals }) => totals.records === others);
  api.faults.clear();
  api.faults.file({ path: GONE.path, status: 404, always: true });
}

async function untilHeld({ api }: TestProject, each: StageCase): Promise<void> {
  const path = api.urlPath('vulnerability', LARGE);
  const isHeld = (): boolean =>
    each.stage === 'exporting'
      ? api.operations.poll > 0
      : (api.requests[path]?.bytes ?? 0) >= 4 * PART_BYTES + LANES * MIB;
  await until(isHeld, { what: each.name, timeoutMs: 60_000 });
}

/** A prefix of small objects in a bucket of its own. */
export async function plantSource({ s3 }: RunHarness): Promise<string> {
  const bucket = uniqueName('source');
  await ensureBucket(s3, bucket);
  for (let n = 0; n < PREFIX_OBJECTS; n += 1) {
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: `exports/part-${n}.csv`, Body: `row ${n}\n`.repeat(99) }),
    );
  }
  return `s3://${bucket}/exports`;
}

/** `exports/part-0.csv` and on, as they lie in the target. */
export const prefixKeys = (project: TestProject): string[] =>
  Array.from({ length: PREFIX_OBJECTS }, (_, n) => `${project.targetPrefix}/exports/part-${n}.csv`);
