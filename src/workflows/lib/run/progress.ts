/** What a run shows of itself: the `progress` query and the current details of the Web UI. */
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { LoadPlace } from '../../../model/job-settings';
import type { JobProgress, FailedRecord, RunSettings, Stage } from '../../../model/run';
import { SEARCH_ATTRIBUTES, type JobName } from '../../../model/names';
import { operatorActions, type OperatorAction } from '../../../model/operator-actions';
import { emptyTotals, type Totals } from '../../../model/records';
import { runDetails, type RunEnd } from '../../../model/run-details';
import type { Cause } from '../failures';

const jobKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.job, 'KEYWORD');
const projectKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.project, 'KEYWORD');
const stageKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.stage, 'KEYWORD');
const failedKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.failed, 'INT');

const MAX_SHOWN_FAILURES = 5;

/** The state that is shown; the run writes its fields, `show()` publishes them. */
export class RunProgress {
  stage: Stage = 'preparing';
  paused = false;
  maxWorkers = 0;
  maxBytesPerSec: number | null = null;
  settings: RunSettings | undefined;
  exportId: string | null = null;
  exportStatus: string | null = null;
  polls = 0;
  nextPollAt: string | null = null;
  recordsTotal: number | null = null;
  totals: Totals = emptyTotals();
  publishedObjects = 0;
  inFlight = 0;
  failures: FailedRecord[] = [];
  runningBatches: string[] = [];
  batchesDone = 0;
  /** Once the run is about to end: how, and why. */
  end: RunEnd | null = null;
  /** False for a run that takes no other order than its end. */
  steers = true;
  transferStartedMs: number | null = null;
  startedMs: number;

  constructor(
    readonly job: JobName,
    readonly project: string,
    readonly run: string,
    startedMs: number,
  ) {
    this.startedMs = startedMs;
  }

  /** What was prepared knows better: where the input names no bucket, the worker's environment does. */
  private get projectName(): string {
    return this.settings?.project ?? this.project;
  }

  /** Of loadToPostgres alone. */
  private get load(): LoadPlace | undefined {
    return this.settings?.place;
  }

  enter(stage: Stage): void {
    this.stage = stage;
    upsertSearchAttributes([
      { key: jobKey, value: this.job },
      { key: projectKey, value: this.projectName },
      { key: stageKey, value: stage },
      { key: failedKey, value: this.totals.failed + this.undecided },
    ]);
    this.show();
  }

  snapshot(nowMs: number): JobProgress {
    const { settings, totals, recordsTotal, actions } = this;
    const movingMs = this.transferStartedMs === null ? 0 : nowMs - this.transferStartedMs;
    const done = totals.records;
    const left = recordsTotal === null ? null : recordsTotal - done;
    return {
      job: this.job,
      run: this.run,
      workflowId: workflowInfo().workflowId,
      project: this.projectName,
      stage: this.stage,
      paused: this.paused,
      maxWorkers: this.maxWorkers,
      maxBytesPerSec: this.maxBytesPerSec,
      publish: settings?.publish ?? null,
      onError: settings?.onError ?? null,
      exportId: this.exportId,
      exportStatus: this.exportStatus,
      polls: this.polls,
      nextPollAt: this.nextPollAt,
      recordsTotal,
      totals,
      publishedObjects: this.publishedObjects,
      ...(this.load === undefined ? {} : { load: this.load }),
      inFlight: this.inFlight,
      startedAt: new Date(this.startedMs).toISOString(),
      elapsedMs: nowMs - this.startedMs,
      bytesPerSec: movingMs > 0 ? Math.round((totals.bytes * 1000) / movingMs) : 0,
      etaMs: left === null || done === 0 ? null : Math.round((movingMs / done) * left),
      failures: this.failures.slice(-MAX_SHOWN_FAILURES),
      runningBatches: this.runningBatches,
      actions: actions.map(({ text }) => text),
      commands: actions.map(({ command }) => command),
    };
  }

  /** As it is shown: a job that has cancelled its own run fails by its own reason. */
  endWith(end: RunEnd, ownEnd: Cause | undefined): void {
    this.end = end.outcome === 'cancelled' && ownEnd !== undefined ? { ...end, outcome: 'failed', cause: ownEnd } : end;
  }

  /** Publishes the current details. */
  show(): void {
    const nowMs = Date.now();
    const { settings, end, recordsTotal, batchesDone } = this;
    const total = settings === undefined || recordsTotal === null ? 0 : Math.ceil(recordsTotal / settings.pageRecords);
    const batches = total === 0 ? null : { done: batchesDone, total };
    const progress = this.snapshot(nowMs);
    setCurrentDetails(runDetails({ progress, settings, batches, undecided: this.undecided, end, nowMs }));
  }

  /** Records that have failed and wait for an operator: totals count a failed one once its batch has ended. */
  private get undecided(): number {
    return this.stage === 'parked' ? this.failures.length : 0;
  }

  private get actions(): OperatorAction[] {
    if (this.end !== null) return [];
    return operatorActions({
      job: this.job,
      stage: this.stage,
      paused: this.paused,
      workflowId: workflowInfo().workflowId,
      failures: this.failures,
      steers: this.steers,
      // Several raw files have no settings of their own.
      keeps: this.job === 'restoreFiles' || (this.settings?.cleanup === 'none' && this.load === undefined),
    });
  }
}
