/**
 * `exportToS3`: a vendor's bulk export lands in S3, all of it or nothing (publish: atomic).
 * prepare → export → list → transfer → publish → report; on failure or cancel: clean up → report.
 */
import {
  CancellationScope,
  condition,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { eachOf } from '../model/each-of';
import type {
  CleanupReport,
  ExportInput,
  ExportProgress,
  ExportResult,
  OperatorReply,
  RunSettings,
  Stage,
} from '../model/export-run';
import { api, transfer } from './lib/activity-options';
import { reportSignal } from './lib/batch-messages';
import { Batches, type BatchesState } from './lib/batches';
import { awaitExport, type FinishedExport } from './lib/await-export';
import { addCleanup, emptyCleanup, failed, failure, firstCause, type Cause } from './lib/failures';
import { registerOperator, type Operated } from './lib/operator';
import { RunProgress } from './lib/run-progress';
import { TargetHold } from './lib/target-hold';
import { toleratesFailures } from './lib/tolerance';
import { exportRequest, validateExportInput } from './lib/validate-input';

/** Pages published or taken back at once: each touches its objects many at a time. */
const PAGES_AT_ONCE = 4;

/** What a run hands to itself when its history has grown long. */
export interface ExportContinuation {
  readonly run: string;
  readonly settings: RunSettings;
  readonly exportId: string | null;
  readonly manifest: { records: number; pages: number };
  readonly batches: BatchesState;
  readonly startedMs: number;
  readonly transferStartedMs: number;
  readonly paused: boolean;
  readonly maxWorkers: number;
}

export async function exportToS3(input: ExportInput, continued?: ExportContinuation): Promise<ExportResult> {
  const run = new ExportRun(validateExportInput(input), continued);
  registerOperator(run);
  setHandler(reportSignal, (report) => run.batches?.hear(report), { description: 'How a batch stands' });
  return run.execute();
}

class ExportRun implements Operated {
  batches: Batches | undefined;
  private readonly progressState: RunProgress;
  private readonly work = new CancellationScope();
  private abortReason: string | undefined;
  private hold: TargetHold | undefined;
  private manifest: { records: number; pages: number } = { records: 0, pages: 0 };

  constructor(
    private readonly input: ExportInput,
    private readonly continued: ExportContinuation | undefined,
  ) {
    const { workflowId, runId, startTime } = workflowInfo();
    const run = continued?.run ?? input.runId ?? `${workflowId.replace(/[^A-Za-z0-9._-]/g, '-')}-${runId.slice(0, 8)}`;
    this.progressState = new RunProgress(input.project, run, continued?.startedMs ?? startTime.getTime());
    this.progressState.paused = continued?.paused ?? false;
    this.progressState.maxWorkers = continued?.maxWorkers ?? 0;
  }

  async execute(): Promise<ExportResult> {
    const previous = await this.work.run(() => this.moveEverything()).catch((error: unknown) => this.fail(error));
    return previous ?? CancellationScope.nonCancellable(() => this.publishAndReport());
  }

  private async fail(error: unknown): Promise<never> {
    if (error instanceof ContinueAsNew) throw error;
    throw await CancellationScope.nonCancellable(() => this.cleanUp(error));
  }

  /** Everything that can still be taken back. Answers the earlier result where this run id has succeeded before. */
  private async moveEverything(): Promise<ExportResult | null> {
    const previous = await this.prepare();
    if (previous !== null) return previous;
    const settings = this.settings;
    const hold = new TargetHold(settings);
    await hold.take();
    // Only now is there something to clean up: a run that finds its target busy may share its run id with the one that
    // holds it, and must not touch that one's files.
    this.hold = hold;
    const finished = await this.obtainExport();
    await this.writeManifest(finished);
    await this.transferAll();
    await condition(() => !this.progressState.paused);
    this.checkTolerance();
    return null;
  }

  private async prepare(): Promise<ExportResult | null> {
    const { progressState, continued, input } = this;
    if (continued !== undefined) {
      progressState.settings = continued.settings;
      progressState.exportId = continued.exportId;
      this.manifest = continued.manifest;
      // Before anything can fail: what the runs before have staged is taken back from here.
      this.openBatches();
      return null;
    }
    progressState.enter('preparing');
    const ref = { project: input.project, ...(input.set === undefined ? {} : { set: input.set }) };
    const args = { ref, run: progressState.run, request: exportRequest(input) };
    const { settings, previous } = await api('prepare', 'Check configuration, API and bucket').prepareRun(args);
    progressState.settings = settings;
    progressState.maxWorkers ||= settings.maxWorkers;
    return previous;
  }

  private async obtainExport(): Promise<FinishedExport | null> {
    const request = exportRequest(this.input);
    if (this.continued !== undefined || request === null) return null;
    this.progressState.enter('exporting');
    return awaitExport(this.settings, request, this.progressState);
  }

  private async writeManifest(finished: FinishedExport | null): Promise<void> {
    if (this.continued !== undefined) return;
    this.progressState.enter('listing');
    const { records, recordsUri } = this.input;
    this.manifest = await api('control', 'Write the manifest').writeManifest({
      settings: this.settings,
      exportId: finished?.exportId ?? null,
      ...(records === undefined ? {} : { records }),
      ...(recordsUri === undefined ? {} : { recordsUri }),
    });
    log.info('manifest_complete', { ...this.manifest });
  }

  private openBatches(): Batches {
    const { settings, progressState, manifest, continued } = this;
    progressState.recordsTotal = manifest.records;
    progressState.transferStartedMs = continued?.transferStartedMs ?? Date.now();
    const what = { settings, exportId: progressState.exportId, ...manifest };
    this.batches = new Batches(what, progressState, () => this.onBatchesChange(), continued?.batches);
    this.onBatchesChange();
    return this.batches;
  }

  private async transferAll(): Promise<void> {
    const batches = this.batches ?? this.openBatches();
    this.progressState.enter('transferring');
    const complete = await batches.moveAll(() => workflowInfo().continueAsNewSuggested);
    if (batches.firstFailure !== undefined) throw failed(batches.firstFailure);
    if (!complete) await this.continueAsNew(batches);
  }

  /** With a long history: every batch has ended, so the next run goes on with the next page and nothing is in flight. */
  private async continueAsNew(batches: Batches): Promise<never> {
    const { settings, progressState, manifest } = this;
    await this.hold?.release();
    // A cancel or an abort that came meanwhile was accepted: it must not get lost between the two runs.
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) return scope.cancelRequested;
    return continueAsNew<typeof exportToS3>(this.input, {
      run: progressState.run,
      settings,
      exportId: progressState.exportId,
      manifest,
      batches: batches.state,
      startedMs: progressState.startedMs,
      transferStartedMs: progressState.transferStartedMs ?? progressState.startedMs,
      paused: progressState.paused,
      maxWorkers: progressState.maxWorkers,
    });
  }

  private checkTolerance(): void {
    const { onError, toleratedFailures, publish } = this.settings;
    const totals = this.progressState.totals;
    if (totals.failed === 0 || toleratesFailures(toleratedFailures, totals.failed, this.manifest.records)) return;
    // Best effort, direct: what was moved stays; the run says at its end that some failed.
    if (onError === 'continue' && publish === 'direct') return;
    throw this.recordsFailed();
  }

  private recordsFailed(): Error {
    const { totals, failures } = this.progressState;
    const first = failures[0];
    const example =
      first === undefined ? '' : `; the first: record ${first.n} (${first.source}): ${first.code}: ${first.message}`;
    return failure('RecordsFailed', `${totals.failed} of ${this.manifest.records} records failed${example}`);
  }

  private async publishAndReport(): Promise<ExportResult> {
    const { settings, progressState } = this;
    const problems: Cause[] = [];
    if (settings.publish === 'atomic') {
      progressState.enter('publishing');
      await eachOf(this.batches?.stagedPages ?? [], PAGES_AT_ONCE, async (page) => {
        const published = await transfer('settle', `Publish page ${page}`).publishPage({ settings, page });
        progressState.publishedObjects += published.totals.objects;
        problems.push(...published.problems.map(({ code, message }) => ({ code, message })));
        progressState.show();
      });
    }
    const overTolerance = !toleratesFailures(
      settings.toleratedFailures,
      progressState.totals.failed,
      this.manifest.records,
    );
    const first = problems[0] ?? (overTolerance ? firstCause(this.recordsFailed()) : undefined);
    const { report, manifest } = await this.report(first === undefined ? 'succeeded' : 'failed', first ?? null, null);
    await this.hold?.release();
    progressState.enter('done');
    if (first !== undefined)
      throw failed(first, { run: progressState.run, report, publishedObjects: progressState.publishedObjects });
    return {
      runId: progressState.run,
      exportId: progressState.exportId,
      ...progressState.totals,
      seconds: (Date.now() - progressState.startedMs) / 1000,
      report,
      manifest,
    };
  }

  /** Takes back what the run has made, says so in the report, and answers the error that the run ends with. */
  private async cleanUp(error: unknown): Promise<Error> {
    const cause =
      this.abortReason === undefined
        ? firstCause(error)
        : { code: 'RunAborted', message: `The run was aborted: ${this.abortReason}` };
    log.error('run_error', { ...cause });
    const { settings } = this.progressState;
    const hasBegun = this.hold !== undefined || this.continued !== undefined;
    if (settings === undefined || !hasBegun) return this.finalError(error, cause, {});
    this.progressState.enter('cleaning');
    const cleanup = await this.takeBack(settings);
    log.info('cleanup_complete', { ...cleanup });
    const cancelled = this.abortReason === undefined && isCancellation(error);
    const { report } = await this.report(cancelled ? 'cancelled' : 'failed', cause, cleanup);
    await this.hold?.release();
    this.progressState.enter('done');
    return this.finalError(error, cause, { run: this.progressState.run, report, cleanup });
  }

  private async takeBack(settings: RunSettings): Promise<CleanupReport> {
    const cleanup = emptyCleanup();
    const { batches } = this;
    const take = async (what: string, undo: () => Promise<CleanupReport>): Promise<void> => {
      try {
        addCleanup(cleanup, await undo());
      } catch (undoError) {
        // Said in the report, and the rest goes on: one thing that cannot be undone must not keep others.
        addCleanup(cleanup, { ...emptyCleanup(), problems: [`${what}: ${firstCause(undoError).message}`] });
      }
    };
    if (batches !== undefined) addCleanup(cleanup, batches.cleanup);
    await eachOf(batches?.stagedPages ?? [], PAGES_AT_ONCE, (page) =>
      take(`page ${page}`, () => transfer('settle', `Take back page ${page}`).undoPage({ settings, page })),
    );
    if (settings.cleanup === 'prefix' && batches !== undefined) {
      await take('prefix', () => transfer('settle', 'Clear the target prefix').clearPrefix({ settings }));
    }
    return cleanup;
  }

  /** Cancelled stays Cancelled; everything else is the first cause, not to be retried. */
  private finalError(error: unknown, cause: Cause, details: object): Error {
    return error instanceof Error && isCancellation(error) && this.abortReason === undefined
      ? error
      : failed(cause, details);
  }

  private async report(
    outcome: 'succeeded' | 'failed' | 'cancelled',
    cause: Cause | null,
    cleanup: CleanupReport | null,
  ): Promise<{ report: string; manifest: string }> {
    const { progressState } = this;
    progressState.enter('reporting');
    const text = api('control', 'Write the report');
    return text.finishRun({
      settings: this.settings,
      exportId: progressState.exportId,
      outcome,
      totals: progressState.totals,
      pages: this.manifest.pages,
      cleanup,
      failure: cause,
      failures: this.batches?.failures ?? [],
      startedAt: new Date(progressState.startedMs).toISOString(),
      finishedAt: new Date().toISOString(),
    });
  }

  private onBatchesChange(): void {
    const { batches, progressState } = this;
    if (batches === undefined) return;
    progressState.totals = batches.totals;
    progressState.inFlight = batches.inFlight;
    progressState.failures = batches.failures;
    progressState.runningBatches = batches.workflowIds;
    const stage = batches.isParked ? 'parked' : 'transferring';
    const moving = progressState.stage === 'parked' || progressState.stage === 'transferring';
    if (moving && progressState.stage !== stage) progressState.enter(stage);
    else progressState.show();
  }

  private get settings(): RunSettings {
    const { settings } = this.progressState;
    if (settings === undefined) throw failure('Internal', 'The run has not been prepared');
    return settings;
  }

  // What an operator asks for; registerOperator checks the arguments first.

  get stage(): Stage {
    return this.progressState.stage;
  }

  get waiting(): readonly number[] {
    if (this.progressState.settings?.onError !== 'wait') return [];
    return (this.batches?.failures ?? []).map((f) => f.n);
  }

  progress(): ExportProgress {
    return this.progressState.snapshot(Date.now());
  }

  reply(affected: number): OperatorReply {
    const { stage, paused, maxWorkers } = this.progressState;
    return { stage, paused, maxWorkers, affected };
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

  abort(reason: string): void {
    this.abortReason ??= reason;
    this.work.cancel();
  }
}
