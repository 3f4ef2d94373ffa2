/**
 * A run that moves records in batches: what all such jobs have in common. prepare → obtain → list → transfer → publish →
 * report; on failure or cancel: clean up → report. What differs between jobs is in their `RecordJob`.
 */
import {
  CancellationScope,
  condition,
  ContinueAsNew,
  isCancellation,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ManifestRecord, ManifestSize } from '../../../model/records';
import { MAX_WORKERS_LIMIT } from '../../../model/run';
import type { CleanupReport, JobProgress, OperatorReply, RunSettings, Stage } from '../../../model/run';
import { reportSignal } from '../batch/messages';
import { Batches } from '../batch/batches';
import { addCleanup, emptyCleanup, failed, failure, firstCause, type Cause } from '../failures';
import { goOnWithCurrent, takeAlong } from '../hold/hold';
import { registerOperator, type Operated } from './operator';
import type { Continuation, Ending, Filed, RecordJob, RunHold } from './record-job';
import { withOwnRequests } from '../requests';
import { RunProgress } from './progress';
import { RunRateTeller } from './rate';
import { publishPages, takeBackPages } from '../batch/settle-pages';
import { toleratesFailures } from './tolerance';

/** What names the run in keys and child ids: the same over continue-as-new. */
export function runIdOf(input: { readonly runId?: string }, continued: { readonly run: string } | undefined): string {
  const { workflowId, runId } = workflowInfo();
  return continued?.run ?? input.runId ?? `${workflowId.replace(/[^A-Za-z0-9._-]/g, '-')}-${runId.slice(0, 8)}`;
}

/** Runs the job from its start, or from where an earlier execution of the same run has stopped. */
export function runRecords<S extends RunSettings, R extends object, F extends Filed>(
  input: { readonly runId?: string },
  job: RecordJob<S, R, F>,
  continued: Continuation<S> | undefined,
): Promise<R> {
  const recordRun = new RecordRun(input, runIdOf(input, continued), job, continued);
  registerOperator(recordRun);
  setHandler(reportSignal, (report) => recordRun.batches?.hear(report), { description: 'How a batch stands' });
  return recordRun.execute();
}

class RecordRun<S extends RunSettings, R extends object, F extends Filed> implements Operated {
  batches: Batches | undefined;
  private readonly progressState: RunProgress;
  private readonly rate: RunRateTeller;
  private readonly work = new CancellationScope();
  private abortReason: string | undefined;
  private knownSettings: S | undefined;
  private holds: readonly RunHold[] | undefined;
  /** An operator wants the rest done by the version that is current then. */
  private isUpgrading = false;
  private manifest: ManifestSize = { records: 0, pages: 0 };
  /** All records, where their one batch is given them. */
  private few: readonly ManifestRecord[] | undefined;

  constructor(
    private readonly input: object,
    run: string,
    private readonly job: RecordJob<S, R, F>,
    private readonly continued: Continuation<S> | undefined,
  ) {
    const startedMs = continued?.startedMs ?? workflowInfo().startTime.getTime();
    this.progressState = new RunProgress(job.name, job.project, run, startedMs);
    this.progressState.paused = continued?.paused ?? false;
    this.progressState.maxWorkers = continued?.maxWorkers ?? 0;
    this.rate = new RunRateTeller(continued?.maxBytesPerSec);
    this.progressState.maxBytesPerSec = this.rate.bytesPerSec;
  }

  async execute(): Promise<R> {
    const previous = await this.work.run(() => this.moveEverything()).catch((error: unknown) => this.fail(error));
    return previous ?? CancellationScope.nonCancellable(() => this.publishAndReport());
  }

  private async fail(error: unknown): Promise<never> {
    if (error instanceof ContinueAsNew) throw error;
    throw await CancellationScope.nonCancellable(() => this.cleanUp(error));
  }

  /** Everything that can still be taken back. Answers the earlier result where this run id has succeeded before. */
  private async moveEverything(): Promise<R | null> {
    const previous = await this.prepare();
    if (previous !== null) return previous;
    const holds = await this.job.hold(this.settings);
    // Only now is there something to clean up: a run that finds its target busy may share its run id with the one that
    // holds it, and must not touch that one's files.
    this.holds = holds;
    await this.list();
    await this.transferAll();
    await condition(() => !this.progressState.paused);
    this.checkTolerance();
    await this.complete();
    return null;
  }

  private async complete(): Promise<void> {
    if (this.job.complete === undefined) return;
    this.progressState.enter('publishing');
    await this.job.complete(this.settings, this.progressState.totals);
  }

  private async prepare(): Promise<R | null> {
    const { progressState, continued } = this;
    if (continued !== undefined) {
      this.take(continued.settings);
      progressState.exportId = continued.exportId;
      this.manifest = continued.manifest;
      // Before anything can fail: what the runs before have staged is taken back from here.
      this.openBatches();
      return null;
    }
    progressState.enter('preparing');
    const { settings, previous } = await this.job.prepare(progressState.run);
    this.take(settings);
    // What an operator has set before the settings were known.
    progressState.maxWorkers = Math.min(progressState.maxWorkers || settings.maxWorkers, this.maxWorkersLimit);
    return previous;
  }

  private take(settings: S): void {
    this.knownSettings = settings;
    this.progressState.settings = settings;
    this.rate.take(settings);
    this.progressState.maxBytesPerSec = this.rate.bytesPerSec;
  }

  private async list(): Promise<void> {
    if (this.continued !== undefined) return;
    const { progressState, settings } = this;
    progressState.exportId = await this.job.obtain(settings, progressState);
    progressState.enter('listing');
    const { records, pages, few } = await this.job.writeManifest(settings, progressState.exportId);
    this.manifest = { records, pages };
    this.few = few;
    log.info('manifest_complete', { ...this.manifest });
  }

  private openBatches(): Batches {
    const { settings, progressState, manifest, few, continued } = this;
    progressState.recordsTotal = manifest.records;
    progressState.transferStartedMs = continued?.transferStartedMs ?? Date.now();
    const what = { settings, exportId: progressState.exportId, ...manifest, few };
    this.batches = new Batches(what, progressState, () => this.onBatchesChange(), continued?.batches);
    this.onBatchesChange();
    return this.batches;
  }

  private async transferAll(): Promise<void> {
    const batches = this.batches ?? this.openBatches();
    this.progressState.enter('transferring');
    const complete = await batches.moveAll(() => this.isUpgrading || workflowInfo().continueAsNewSuggested);
    if (batches.firstFailure !== undefined) throw failed(batches.firstFailure);
    if (!complete) await this.continueAsNew(batches);
  }

  /** With a long history: every batch has ended, so the next run goes on with the next page and nothing is in flight. */
  private async continueAsNew(batches: Batches): Promise<never> {
    const { settings, progressState, manifest } = this;
    await takeAlong(this.holds ?? []);
    // A cancel or an abort that came meanwhile was accepted: it must not get lost between the two runs.
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) return scope.cancelRequested;
    return goOnWithCurrent<(input: object, continued: Continuation<S>) => Promise<R>>(this.input, {
      run: progressState.run,
      settings,
      exportId: progressState.exportId,
      manifest,
      // What this execution has asked of S3 itself goes with it.
      batches: { ...batches.state, totals: withOwnRequests(batches.state.totals) },
      startedMs: progressState.startedMs,
      transferStartedMs: progressState.transferStartedMs ?? progressState.startedMs,
      paused: progressState.paused,
      maxWorkers: progressState.maxWorkers,
      ...this.rate.continued,
    });
  }

  private checkTolerance(): void {
    const { onError, publish } = this.settings;
    if (!this.hasFailed()) return;
    // Best effort, direct: what was moved stays; the run says at its end that some failed.
    if (onError === 'continue' && publish === 'direct') return;
    throw this.recordsFailed();
  }

  /** More records have failed than the settings tolerate. */
  private hasFailed(): boolean {
    return !toleratesFailures(this.settings.toleratedFailures, this.progressState.totals.failed, this.manifest.records);
  }

  private recordsFailed(): Error {
    const { totals, failures } = this.progressState;
    const first = failures[0];
    const example =
      first === undefined ? '' : `; the first: record ${first.n} (${first.source}): ${first.code}: ${first.message}`;
    return failure('RecordsFailed', `${totals.failed} of ${this.manifest.records} records failed${example}`);
  }

  private async publishAndReport(): Promise<R> {
    const { settings, progressState } = this;
    const problems = settings.publish === 'atomic' ? await this.publish(settings) : [];
    const first = problems[0] ?? (this.hasFailed() ? firstCause(this.recordsFailed()) : undefined);
    const cleanup = this.batches?.cleanup;
    const tidied = await this.tidy();
    const left = tidied.problems.length > 0 ? tidied : null;
    const told = cleanup !== undefined && this.progressState.totals.failed > 0 ? cleanup : left;
    const { ending, filed } = await this.report(first === undefined ? 'succeeded' : 'failed', first ?? null, told);
    await this.release();
    const outcome = first === undefined ? 'succeeded' : 'failed';
    progressState.end = { outcome, cause: first ?? null, cleanup: told, report: filed.report };
    progressState.enter('done');
    if (first === undefined) return this.job.result(settings, ending, filed);
    const { run, publishedObjects } = progressState;
    throw failed(reported(first, filed), { run, report: filed.report, publishedObjects });
  }

  private async tidy(): Promise<CleanupReport> {
    if (this.job.tidy === undefined) return emptyCleanup();
    if (this.progressState.stage !== 'cleaning') this.progressState.enter('cleaning');
    return this.job.tidy(this.settings);
  }

  private publish(settings: S): Promise<Cause[]> {
    const { progressState, batches } = this;
    progressState.enter('publishing');
    return publishPages(settings, batches?.stagedPages ?? [], (objects) => {
      progressState.publishedObjects += objects;
      progressState.show();
    });
  }

  /** Takes back what the run has made, says so in the report, and answers the error that the run ends with. */
  private async cleanUp(error: unknown): Promise<Error> {
    const cause =
      this.abortReason === undefined
        ? firstCause(error)
        : { code: 'RunAborted', message: `The run was aborted: ${this.abortReason}` };
    log.error('run_error', { ...cause });
    const settings = this.knownSettings;
    const hasBegun = this.holds !== undefined || this.continued !== undefined;
    const cancelled = this.abortReason === undefined && isCancellation(error);
    const outcome = cancelled ? 'cancelled' : 'failed';
    this.progressState.endWith({ outcome, cause, cleanup: null, report: null }, this.job.ownEnd);
    if (settings === undefined || !hasBegun) {
      this.progressState.show();
      return this.finalError(error, cause, {});
    }
    this.progressState.enter('cleaning');
    const cleanup = await takeBackPages(settings, this.batches);
    addCleanup(cleanup, await this.tidy());
    log.info('cleanup_complete', { ...cleanup });
    const { filed } = await this.report(outcome, cause, cleanup);
    await this.release();
    this.progressState.endWith({ outcome, cause, cleanup, report: filed.report }, this.job.ownEnd);
    this.progressState.enter('done');
    const { run } = this.progressState;
    return this.finalError(error, reported(cause, filed), { run, report: filed.report, cleanup });
  }

  /** Cancelled stays Cancelled; everything else is the first cause, not to be retried. */
  private finalError(error: unknown, cause: Cause, details: object): Error {
    return error instanceof Error && isCancellation(error) && this.abortReason === undefined
      ? error
      : failed(cause, details);
  }

  private async report(
    outcome: Ending['outcome'],
    cause: Cause | null,
    cleanup: CleanupReport | null,
  ): Promise<{ ending: Ending; filed: F }> {
    const { progressState } = this;
    progressState.enter('reporting');
    const ending: Ending = {
      exportId: progressState.exportId,
      outcome,
      totals: withOwnRequests(progressState.totals),
      pages: this.manifest.pages,
      cleanup,
      failure: cause,
      failures: this.batches?.failures ?? [],
      startedAt: new Date(progressState.startedMs).toISOString(),
      finishedAt: new Date().toISOString(),
    };
    const filed = await this.job.finish(this.settings, ending);
    // The report's own requests are in the result, though not in the report.
    return { ending: { ...ending, totals: withOwnRequests(progressState.totals) }, filed };
  }

  private async release(): Promise<void> {
    const holds = await this.heldOrAdopted();
    await Promise.all(holds.map((hold) => hold.release()));
  }

  /** A run that was cancelled before it had taken its holds over from the execution before it still has to end them. */
  private async heldOrAdopted(): Promise<readonly RunHold[]> {
    if (this.holds !== undefined) return this.holds;
    return this.continued === undefined ? [] : this.job.hold(this.settings).catch(() => []);
  }

  private onBatchesChange(): void {
    const { batches, progressState } = this;
    if (batches === undefined) return;
    progressState.totals = batches.totals;
    progressState.inFlight = batches.inFlight;
    this.rate.share(batches.occupied);
    progressState.batchesDone = batches.stagedPages.length;
    progressState.failures = batches.failures;
    progressState.runningBatches = batches.workflowIds;
    const stage = batches.isParked ? 'parked' : 'transferring';
    const moving = progressState.stage === 'parked' || progressState.stage === 'transferring';
    if (moving && progressState.stage !== stage) progressState.enter(stage);
    else progressState.show();
  }

  private get settings(): S {
    if (this.knownSettings === undefined) throw failure('Internal', 'The run has not been prepared');
    return this.knownSettings;
  }

  // What an operator asks for; registerOperator checks the arguments first.

  get stage(): Stage {
    return this.progressState.stage;
  }

  get isStoppable(): boolean {
    const { stage } = this.progressState;
    if (stage === 'publishing') return this.job.complete !== undefined;
    return !['cleaning', 'reporting', 'done'].includes(stage);
  }

  get maxWorkersLimit(): number {
    return this.knownSettings?.maxWorkersLimit ?? MAX_WORKERS_LIMIT;
  }

  get waiting(): readonly number[] {
    if (this.knownSettings?.onError !== 'wait') return [];
    return (this.batches?.failures ?? []).filter(({ ordered }) => ordered === undefined).map(({ n }) => n);
  }

  progress(): JobProgress {
    return this.progressState.snapshot(Date.now());
  }

  reply(affected: number): OperatorReply {
    const { stage, paused, maxWorkers, maxBytesPerSec } = this.progressState;
    return { stage, paused, maxWorkers, maxBytesPerSec, affected };
  }

  setPaused(paused: boolean): void {
    this.progressState.paused = paused;
    this.batches?.controlChanged();
    this.progressState.show();
  }

  setMaxWorkers(maxWorkers: number): void {
    this.progressState.maxWorkers = maxWorkers;
    this.batches?.controlChanged();
    this.progressState.show();
  }

  get takesRate(): boolean {
    return this.knownSettings === undefined || this.knownSettings.rate !== undefined;
  }

  setMaxBytesPerSec(maxBytesPerSec: number | null): void {
    this.rate.order(maxBytesPerSec);
    this.progressState.maxBytesPerSec = maxBytesPerSec;
    this.progressState.show();
  }

  retry(records: readonly number[] | null): number {
    const affected = this.batches?.order('retry', records) ?? 0;
    this.onBatchesChange();
    return affected;
  }

  skip(record: number): number {
    const affected = this.batches?.order('skip', [record]) ?? 0;
    this.onBatchesChange();
    return affected;
  }

  upgrade(): void {
    this.isUpgrading = true;
  }

  abort(reason: string): void {
    this.abortReason ??= reason;
    this.work.cancel();
  }
}

/** The cause with where to read on: most people see the message of a failed run and nothing else of it. */
const reported = ({ code, message }: Cause, { report }: Filed): Cause => ({
  code,
  message: `${message} (report: ${report})`,
});
