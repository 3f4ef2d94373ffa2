/**
 * Activities that keep everything in memory and fail as scripted: for tests of what the workflows decide. What the
 * activities themselves do is tested on the real servers.
 */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import type { FinishArgs } from '../../src/activities/finish-types';
import type { RestoredFileLine } from '../../src/activities/restore-types';
import type { ApiActivities, TransferActivities } from '../../src/activities/types';
import type { ErrorCode } from '../../src/model/errors';
import type { ExportSettings } from '../../src/model/export-run';
import type { CleanupReport } from '../../src/model/run';
import { ScriptedIngest } from './scripted-ingest';
import { emptyTotals, type ManifestRecord, type StagedLine, type StagedObject } from '../../src/model/records';

export const failWith = (code: ErrorCode, message: string): ApplicationFailure =>
  ApplicationFailure.create({ message, type: code, nonRetryable: true });

export class ScriptedWorld {
  settings: Partial<ExportSettings> = {};
  /** Of the one transfer worker. */
  transferSlots = 64;
  records = 10;
  pageRecords = 4;
  /** Called for each record before it is moved; throws to fail it, waits to hold it. */
  onOpen: (record: ManifestRecord) => Promise<void> = () => Promise.resolve();
  /** Set: records have more than one part, and this is called before the rest is moved. */
  onParts: ((record: ManifestRecord) => Promise<void>) | undefined;
  polls: { state: 'running' | 'succeeded' | 'failed'; status: string; recordCount: number }[] = [
    { state: 'succeeded', status: 'SUCCEEDED', recordCount: 10 },
  ];
  readonly opened: number[] = [];
  readonly published: number[] = [];
  readonly undone: number[] = [];
  readonly takenBack: number[] = [];
  readonly staged = new Map<number, readonly StagedLine[]>();
  /** Called when a record takes its work back; throws to say that it cannot, waits to hold it. */
  onTakeBack: (record: ManifestRecord) => void | Promise<void> = () => undefined;
  /** Asks the server who has a hold. */
  findHolder: (lockId: string) => Promise<string | null> = () => Promise.resolve(null);
  finished: FinishArgs | undefined;
  readonly ingest = new ScriptedIngest(() => this);
  maxInFlight = 0;
  busySlotMs = 0;
  private inFlight = 0;
  private changedAtMs = Date.now();
  private firstAtMs = 0;

  /** From the first record's start to the last one's end. */
  busyWindow(): { transferStarted: number; transferEnded: number } {
    return { transferStarted: this.firstAtMs, transferEnded: this.changedAtMs };
  }

  /** Uploads that batches have listed as staged. */
  get stagedUploads(): number {
    return [...this.staged.values()].flat().filter((line) => 'uploadId' in line).length;
  }

  private count(change: number): void {
    const now = Date.now();
    this.firstAtMs ||= now;
    this.busySlotMs += this.inFlight * (now - this.changedAtMs);
    this.changedAtMs = now;
    this.inFlight += change;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
  }

  api(): ApiActivities {
    return {
      ...this.ingest.activities(),
      prepareRun: ({ ref, run }) => Promise.resolve({ settings: this.runSettings(ref.project, run), previous: null }),
      findHolder: ({ lockId }) => this.findHolder(lockId),
      createExport: () => Promise.resolve({ reply: { kind: 'created', exportId: 'export-1' }, mayBeEmpty: false }),
      pollExport: () => Promise.resolve({ ...this.nextPoll(), unknownStatus: false }),
      writeManifest: () =>
        Promise.resolve({
          records: this.records,
          pages: Math.ceil(this.records / this.pageRecords),
          prefixRecords: 0,
          datasets: 1,
        }),
      readManifestPage: ({ page }) => Promise.resolve(this.page(page)),
      stagePage: ({ page, lines }) => {
        this.staged.set(page, lines);
        return Promise.resolve();
      },
      finishRun: (args) => {
        this.finished = args;
        return Promise.resolve({ report: 's3://bucket/report.json', manifest: 's3://bucket/manifest/' });
      },
    };
  }

  transfer(): TransferActivities {
    return {
      openTransfer: async ({ record }) => {
        this.opened.push(record.n);
        this.count(1);
        try {
          await this.whileRunning(this.onOpen(record));
        } finally {
          this.count(-1);
        }
        if (this.onParts === undefined) return { kind: 'moved', staged: stagedObjectOf(record) };
        return { kind: 'begun', upload: { uploadId: `u-${record.n}`, version: {}, partSizeBytes: 5, resumable: true } };
      },
      transferParts: async ({ record }) => {
        await this.onParts?.(record);
        return stagedObjectOf(record);
      },
      abortTransfer: async ({ record }) => {
        await this.whileRunning(Promise.resolve(this.onTakeBack(record)));
        this.takenBack.push(record.n);
        return cleanup({ abortedUploads: 1 });
      },
      listPrefix: () => Promise.resolve({ pages: 0, objects: 0 }),
      copyPage: () => Promise.resolve(emptyTotals()),
      undoPrefix: () => Promise.resolve(cleanup({})),
      publishPage: ({ page }) => {
        this.published.push(page);
        const objects = (this.staged.get(page) ?? []).filter((line) => 'uploadId' in line).length;
        return Promise.resolve({ totals: { ...emptyTotals(), objects }, problems: [] });
      },
      undoPage: ({ page }) => {
        this.undone.push(page);
        const uploads = (this.staged.get(page) ?? []).filter((line) => 'uploadId' in line).length;
        return Promise.resolve(cleanup({ abortedUploads: uploads }));
      },
      clearPrefix: () => Promise.resolve(cleanup({})),
    };
  }

  private nextPoll(): ScriptedWorld['polls'][number] {
    const next = this.polls.length > 1 ? this.polls.shift() : this.polls[0];
    return next ?? { state: 'running', status: 'PENDING', recordCount: 0 };
  }

  private page(page: number): ManifestRecord[] {
    const recordOf = (n: number): ManifestRecord => ({
      n,
      kind: 'url',
      dataset: 'd',
      source: `https://h/${n}`,
      key: `p/d/${n}`,
    });
    return numbersOf(page, this.pageRecords, this.records).map(recordOf);
  }

  private runSettings(project: string, run: string): ExportSettings {
    return {
      job: 'exportToS3',
      project,
      run,
      bucket: 'bucket',
      targetPrefix: `prefix-${run}`,
      controlPrefix: `prefix-${run}/_longhaul`,
      endpoint: null,
      maxWorkers: 4,
      publish: 'atomic',
      cleanup: 'run',
      onError: 'abort',
      toleratedFailures: { count: 0 },
      pollIntervalMs: 50,
      exportTimeoutMs: 60_000,
      pageRecords: this.pageRecords,
      retryForMs: 1_000,
      ...this.settings,
    };
  }

  /** Heartbeats, so that a cancel is heard, and throws its reason. */
  async whileRunning(work: Promise<void>): Promise<void> {
    const context = Context.current();
    const beat = setInterval(() => context.heartbeat(), 100);
    try {
      await Promise.race([work, context.cancelled]);
    } catch (error) {
      throw context.cancellationSignal.aborted ? new CancelledFailure('cancelled') : error;
    } finally {
      clearInterval(beat);
    }
  }
}

export const cleanup = (part: Partial<CleanupReport>): CleanupReport => ({
  abortedUploads: 0,
  deletedObjects: 0,
  problems: [],
  moreProblems: 0,
  ...part,
});

/** Numbers of the records of a page. */
export const numbersOf = (page: number, pageRecords: number, records: number): number[] => {
  const first = page * pageRecords;
  return Array.from({ length: Math.min(pageRecords, records - first) }, (_, i) => first + i);
};

/** What an activity answers of a record of ten bytes. */
export const movedOf = ({ n, dataset, source, key }: ManifestRecord): RestoredFileLine => ({
  line: {
    n,
    dataset,
    source,
    key,
    bytes: 10,
    parts: 1,
    attempts: 1,
    outcome: 'transferred',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:00.000Z',
  },
  transferId: `t-${n}`,
  resentBytes: 0,
});

const stagedObjectOf = (record: ManifestRecord): StagedObject => ({ ...movedOf(record), uploadId: `u-${record.n}` });
