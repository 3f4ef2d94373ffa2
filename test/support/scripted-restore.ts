/**
 * The real workflows of `restoreFiles` with scripted activities of one host: what a run decides, without disk or bucket.
 * The files themselves are restored for real in test/faults/restore*.test.ts and test/crash.
 */
import type { WorkflowHandleWithStartDetails } from '@temporalio/client';
import type { ApiActivities, ClaimActivities, FilesActivities } from '../../src/activities/types';
import type { FinishRestoreArgs, PrepareRestoreArgs } from '../../src/activities/restore-types';
import { filesQueue, TASK_QUEUES } from '../../src/model/names';
import type { ManifestRecord } from '../../src/model/records';
import { restoreStatus, type RestoreInput, type RestoredRecord } from '../../src/model/restore-run';
import type { RestoreSettings } from '../../src/model/restore-settings';
import type { restoreFiles } from '../../src/workflows';
import { cleanup, movedOf, numbersOf, ScriptedWorld } from './scripted-activities';
import type { ScriptedQueue, ScriptedRuns } from './scripted-run';
import { uniqueName } from './shared-stack';

const HOST = 'host-1';

export class ScriptedRestore {
  settings: Partial<RestoreSettings> = {};
  files = 4;
  pageRecords = 2;
  /** Called for each try of a file; throws to fail it, waits to hold it. */
  onRestore: (record: ManifestRecord, attempt: number) => Promise<void> = () => Promise.resolve();
  onPrepare: (args: PrepareRestoreArgs) => Promise<void> = () => Promise.resolve();
  readonly tries: number[] = [];
  readonly cleared: number[] = [];
  readonly thawed: number[] = [];
  thawPolls = 0;
  finished: FinishRestoreArgs | undefined;
  private readonly world = new ScriptedWorld();

  constructor(private readonly runs: ScriptedRuns) {}

  /** Runs workers of the host, and of all other queues, while `use` runs. */
  with<T>(use: () => Promise<T>): Promise<T> {
    return this.runs.with(this.world, use, this.queues());
  }

  start(input: Partial<RestoreInput> = {}): Promise<WorkflowHandleWithStartDetails<typeof restoreFiles>> {
    return this.runs.client.workflow.start<typeof restoreFiles>('restoreFiles', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: uniqueName('restore'),
      args: [{ raw_file_id: 'RAW001', ...input }],
    });
  }

  private queues(): ScriptedQueue[] {
    const activities = this.activities();
    return [
      { taskQueue: TASK_QUEUES.files, activities },
      { taskQueue: filesQueue(HOST), activities },
    ];
  }

  private activities(): FilesActivities & ClaimActivities & Pick<ApiActivities, 'findHolder'> {
    const { world } = this;
    const api = world.api();
    return {
      stagePage: (args) => api.stagePage(args),
      findHolder: (args) => api.findHolder(args),
      claimHost: () => Promise.resolve(HOST),
      findFreeSlot: () => Promise.resolve(0),
      prepareRestore: async (args) => {
        await this.onPrepare(args);
        return this.settingsOf(args);
      },
      writeRestoreManifest: () =>
        Promise.resolve({ records: this.files, pages: Math.ceil(this.files / this.pageRecords) }),
      readManifestPage: ({ page }) => Promise.resolve(this.page(page)),
      restoreFile: async ({ record }) => {
        this.tries.push(record.n);
        const attempt = this.tries.filter((n) => n === record.n).length;
        await world.whileRunning(this.onRestore(record, attempt));
        return movedOf(record);
      },
      clearFile: ({ record }) => {
        this.cleared.push(record.n);
        return Promise.resolve(cleanup({}));
      },
      thawFile: ({ record }) => {
        this.thawed.push(record.n);
        return Promise.resolve();
      },
      isThawed: () => {
        this.thawPolls += 1;
        return Promise.resolve(this.thawPolls >= 2);
      },
      finishRestore: (args) => {
        this.finished = args;
        return Promise.resolve({ report: '/restored/report.txt', restored: this.told(args) });
      },
    };
  }

  private page(page: number): ManifestRecord[] {
    const recordOf = (n: number): ManifestRecord => ({
      n,
      kind: 'file',
      dataset: 'RAW001',
      source: `s3://backup/RAW001/${n}.bin`,
      key: `${n}.bin`,
    });
    return numbersOf(page, this.pageRecords, this.files).map(recordOf);
  }

  private settingsOf({ ref, run, rawFileId, startedMs, include }: PrepareRestoreArgs): RestoreSettings {
    return {
      ...ref,
      run,
      bucket: 'backup',
      targetPrefix: 'PRID001',
      controlPrefix: '.longhaul',
      endpoint: null,
      maxWorkers: 2,
      publish: 'direct',
      cleanup: 'none',
      onError: 'continue',
      toleratedFailures: { count: 0 },
      pageRecords: this.pageRecords,
      retryForMs: 1_000,
      host: HOST,
      restore: { rawFileId, projectId: 'PRID001', retries: 0, retryIntervalMs: 50, thaw: null },
      destination: '/restored/PRID001',
      include,
      slots: 1,
      deadlineMs: startedMs + 3_600_000,
      ...this.settings,
    };
  }

  private told({ settings, totals, failure }: FinishRestoreArgs): RestoredRecord {
    const counts = { successful: totals.records - totals.failed, failed: totals.failed };
    return {
      raw_file_id: settings.restore.rawFileId,
      project_id: settings.restore.projectId,
      destination: settings.destination,
      status: restoreStatus(counts),
      total_files: totals.records,
      ...counts,
      downloaded: totals.transferred,
      skipped: totals.skipped,
      healed: totals.healed,
      bytes: totals.bytes,
      report: '/restored/report.txt',
      ...(failure === null ? {} : { error: failure }),
    };
  }
}
