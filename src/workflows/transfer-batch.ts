/**
 * One manifest page: a child workflow per record, or for most files an activity, as many at once as the run allows. Tells the run how it stands;
 * leaves a staged page that lists everything the page has made, which publishing and taking back work from.
 */
import {
  CancellationScope,
  condition,
  log,
  ParentClosePolicy,
  patched,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { TASK_QUEUES } from '../model/names';
import { recordSettings, type CleanupReport, type FailedRecord } from '../model/run';
import { addTotals, emptyTotals, type ManifestRecord, type StagedLine } from '../model/records';
import { api, patience, transfer } from './lib/activity-options';
import {
  cleanupSignal,
  controlSignal,
  MAX_REPORTED_FAILURES,
  reportSignal,
  type BatchControl,
  type BatchInput,
  type BatchReport,
  type BatchResult,
  type RecordEnd,
  type RecordOrder,
} from './lib/batch/messages';
import { addCleanup, emptyCleanup, failed, firstCause, hasCleanup, notUndone, type Cause } from './lib/failures';
import { requestTotals, withOwnRequests } from './lib/requests';
import { batchDetails, recordSummary } from './lib/record/details';
import { SignalSender } from './lib/batch/signal-sender';
import { unmovedLine } from './lib/batch/ledger-lines';
import { tryFile } from './lib/record/restore';
import { openUrl, undoBegun } from './lib/record/url';
import { transferRecord, type RecordInput, type RecordResult } from './transfer-record';

/** Reports at growing intervals: the number of messages grows with the logarithm of the batch's time, not with it. */
const FIRST_REPORT_MS = 2_000;
const REPORT_FRACTION = 1 / 15;

export async function transferBatch(input: BatchInput): Promise<BatchResult> {
  const batch = new Batch(input);
  setHandler(controlSignal, (control) => batch.obey(control), { description: 'Slots, pause and orders from the run' });
  setHandler(cleanupSignal, (end) => batch.hearOf(end), {
    description: 'What a record that did not end well has taken back',
  });
  return batch.run();
}

class Batch {
  private control: BatchControl;
  /** To the run; absent where somebody started the batch by hand. */
  private readonly toRun: SignalSender<BatchReport> | undefined;
  private queue: ManifestRecord[] = [];
  private readonly records = new Map<number, ManifestRecord>();
  private readonly staged = new Map<number, StagedLine>();
  private readonly failed = new Map<number, FailedRecord>();
  /** In flight still: what they have begun is being taken back, which takes as long as the store cannot be reached. */
  private readonly failing = new Map<number, FailedRecord>();
  /** About records that are still being taken back: carried out when that has ended. */
  private readonly keptOrders = new Map<number, RecordOrder['kind']>();
  /** True: reports at once, because nothing else may happen here until somebody has mended the cause. */
  private tellsOfFailing = false;
  private readonly inFlight = new Set<Promise<void>>();
  /** What records and the batch itself have taken back. */
  readonly cleanup = emptyCleanup();
  private totals = emptyTotals();
  private readonly startedAt = new Map<number, string>();
  private parkReported = false;
  /** True: something has changed since the last report. */
  private unreported = true;
  private firstFailure: Cause | undefined;
  private readonly work = new CancellationScope();
  private readonly startedMs = Date.now();
  private lastReport = { atMs: 0, inFlight: 0, unstarted: Number.POSITIVE_INFINITY };

  constructor(private readonly input: BatchInput) {
    this.control = input.control;
    const parent = workflowInfo().parent;
    this.toRun = parent === undefined ? undefined : new SignalSender(parent.workflowId, reportSignal);
  }

  obey(control: BatchControl): void {
    this.control = control;
    if (control.order !== undefined) this.carryOut(control.order);
  }

  /** A record that did not end well: its result would not come back to say so. */
  hearOf(end: RecordEnd): void {
    addCleanup(this.cleanup, end);
    this.totals = addTotals(this.totals, requestTotals(end.requests));
    this.unreported = true;
  }

  async run(): Promise<BatchResult> {
    this.queue = await this.readPage();
    for (const record of this.queue) this.records.set(record.n, record);
    try {
      await this.work.run(() => this.moveAll());
      if (this.firstFailure !== undefined) throw failed(this.firstFailure);
      await this.stage();
      const { cleanup } = this;
      return {
        totals: withOwnRequests(this.totals),
        failed: this.reportedFailures(),
        ...(hasCleanup(cleanup) ? { cleanup } : {}),
      };
    } catch (error) {
      await CancellationScope.nonCancellable(() => this.takeBack(error));
      throw this.firstFailure === undefined ? error : failed(this.firstFailure);
    }
  }

  private async readPage(): Promise<ManifestRecord[]> {
    const { settings, page, records } = this.input;
    if (records !== undefined) return [...records];
    try {
      const calls = api('call', `Read manifest page ${page}`, settings, patience(settings));
      return await calls.readManifestPage({ settings, page });
    } catch (error) {
      // Its requests count, and nothing else of this batch will tell of them.
      await CancellationScope.nonCancellable(() => this.report({ parked: false }));
      throw error;
    }
  }

  private async moveAll(): Promise<void> {
    try {
      while (!this.isFinished()) {
        while (this.mayStart()) this.start(this.queue.shift());
        if (this.isReportDue()) void this.report({ parked: false });
        if (this.isParked()) {
          this.parkReported = true;
          await this.report({ parked: true });
        }
        await condition(() => this.isFinished() || this.hasMore());
      }
    } catch (error) {
      this.queue = [];
      // Records close before their batch does: their own cleanup must not run on unseen.
      await CancellationScope.nonCancellable(() => Promise.allSettled(this.inFlight));
      throw error;
    }
  }

  /** Something for the loop to do. */
  private hasMore(): boolean {
    return this.mayStart() || this.isReportDue() || (this.isParked() && !this.parkReported);
  }

  private mayStart(): boolean {
    return (
      this.queue.length > 0 &&
      !this.control.paused &&
      this.firstFailure === undefined &&
      this.inFlight.size < this.control.limit
    );
  }

  private isFinished(): boolean {
    if (this.inFlight.size > 0) return false;
    if (this.firstFailure !== undefined) return true;
    return this.queue.length === 0 && !this.isParked();
  }

  private isParked(): boolean {
    return (
      this.input.settings.onError === 'wait' &&
      this.queue.length === 0 &&
      this.inFlight.size === 0 &&
      this.failed.size > 0
    );
  }

  private start(record: ManifestRecord | undefined): void {
    if (record === undefined) return;
    this.startedAt.set(record.n, new Date().toISOString());
    this.unreported = true;
    const moving = this.move(record).finally(() => {
      this.inFlight.delete(moving);
      this.failing.delete(record.n);
      this.unreported = true;
      this.carryOutKept(record.n);
    });
    this.inFlight.add(moving);
  }

  /** Never throws: what became of the record is kept, and the loop decides. */
  private async move(record: ManifestRecord): Promise<void> {
    try {
      const result = await this.startRecord(record);
      this.staged.set(record.n, result.staged);
      this.totals = addTotals(this.totals, result.totals);
      this.failed.delete(record.n);
    } catch (error) {
      this.onRecordFailure(record, error);
    }
  }

  /**
   * A record is an activity of this workflow, and a workflow of its own only where that is not enough (docs/decisions/0019, 0020).
   */
  private async startRecord(record: ManifestRecord): Promise<RecordResult> {
    const { settings, exportId } = this.input;
    const input: RecordInput = { settings: recordSettings(settings), exportId, record };
    const onUndone = (cleanup: CleanupReport): void => this.hearOf(cleanup);
    if (record.kind === 'file') {
      const end = await tryFile(input, onUndone);
      return 'tried' in end ? (await this.startChild({ ...input, ...end })).result() : end;
    }
    if (record.kind !== 'url' || settings.opensInBatch !== true) return (await this.startChild(input)).result();
    const opened = await openUrl(input, onUndone, (cause) => {
      this.failing.set(record.n, { n: record.n, source: record.source, ...cause });
      // Batches that failed before told of it later: their histories have no report at this place.
      if (patched('tell-of-failing')) this.unreported = this.tellsOfFailing = true;
    });
    if (!('begun' in opened)) return opened;
    const child = await this.startChild({ ...input, ...opened }).catch(async (error: unknown) => {
      onUndone(await undoBegun(input, opened.begun, error));
      throw error;
    });
    return child.result();
  }

  /** Throws where the record's own workflow has not come to be; from then on it cleans up after itself. */
  private startChild(input: RecordInput): Promise<ChildWorkflowHandle<typeof transferRecord>> {
    const { settings } = this.input;
    const { record } = input;
    return startChild(transferRecord, {
      workflowId: `${settings.run}/record/${record.n}`,
      // Where the bytes move: the server can then hand the record's first activity to the worker that has just run its
      // workflow task, which saves a round trip for each record (docs/decisions/0009).
      taskQueue: settings.host === undefined ? TASK_QUEUES.transfer : TASK_QUEUES.workflows,
      args: [input],
      // The default, TERMINATE, would run no cleanup in the record.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      // A record is started again under its own id by retryFailed, and when a run id is used again after a failure.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: recordSummary(record, settings.bucket),
    });
  }

  private onRecordFailure(record: ManifestRecord, error: unknown): void {
    // What fails because it was cancelled is not the cause of anything.
    if (this.work.consideredCancelled || this.firstFailure !== undefined) return;
    const cause = firstCause(error);
    this.failed.set(record.n, { n: record.n, source: record.source, ...cause });
    log.error('record_failed', { record: record.n, source: record.source, key: record.key, ...cause });
    if (this.input.settings.onError === 'abort') {
      this.firstFailure = cause;
      this.queue = [];
      // At once, before any cleanup: other batches stop early instead of moving what will be taken back.
      void this.report({ parked: false });
      this.work.cancel();
    }
  }

  private carryOut(order: RecordOrder): void {
    this.parkReported = false;
    this.keep(order);
    const wanted = order.records ?? [...this.failed.keys()];
    for (const n of wanted) {
      const record = this.records.get(n);
      const failure = this.failed.get(n);
      if (record === undefined || failure === undefined) continue;
      this.failed.delete(n);
      if (order.kind === 'retry') {
        this.queue.push(record);
      } else {
        // With what it has failed by: nothing of it is there, unlike a file that was left out because it had not changed.
        this.staged.set(n, this.unmoved(record, 'skipped', failure));
        this.totals = addTotals(this.totals, { ...emptyTotals(), records: 1, skipped: 1 });
      }
    }
  }

  /** About records that cannot be started again or given up yet. The first order stands: one about all failed records means those without any. */
  private keep({ kind, records }: RecordOrder): void {
    for (const n of records ?? this.failing.keys()) {
      if (!this.failing.has(n) || this.keptOrders.has(n)) continue;
      // Batches that had such an order before have let go of it: their records parked.
      if (!patched('keep-order-of-failing')) continue;
      this.keptOrders.set(n, kind);
      this.unreported = this.tellsOfFailing = true;
    }
  }

  private carryOutKept(n: number): void {
    const kind = this.keptOrders.get(n);
    if (kind !== undefined && this.keptOrders.delete(n)) this.carryOut({ kind, records: [n] });
  }

  private async stage(): Promise<void> {
    const { settings, page } = this.input;
    const calls = api('call', `Write staged page ${page}`, settings, patience(settings));
    await calls.stagePage({ settings, page, lines: this.allLines() });
    const failed = { ...emptyTotals(), records: this.failed.size, failed: this.failed.size };
    this.totals = addTotals(this.totals, failed);
  }

  /** One line per record, those that were never moved included, in manifest order. */
  private allLines(): StagedLine[] {
    return [...this.records.values()].map(
      (record) => this.staged.get(record.n) ?? this.unmoved(record, this.failed.has(record.n) ? 'failed' : 'aborted'),
    );
  }

  private unmoved(
    record: ManifestRecord,
    outcome: 'failed' | 'aborted' | 'skipped',
    failure: FailedRecord | undefined = this.failed.get(record.n),
  ): StagedLine {
    const line = unmovedLine(record, outcome, this.startedAt.get(record.n), failure);
    return { line, transferId: '', resentBytes: 0 };
  }

  private async takeBack(error: unknown): Promise<void> {
    const { settings, page } = this.input;
    const { cleanup } = this;
    try {
      await api('call', `Write staged page ${page}`, settings).stagePage({ settings, page, lines: this.allLines() });
      if (settings.cleanup !== 'none') {
        addCleanup(cleanup, await transfer('settle', `Take back page ${page}`, settings).undoPage({ settings, page }));
      }
    } catch (undoError) {
      addCleanup(cleanup, notUndone(`page ${page}`, undoError));
    }
    log.warn('batch_cleanup', { page, ...cleanup, ...firstCause(error) });
    await this.report({ parked: false, cleanup });
  }

  private reportedFailures(): FailedRecord[] {
    const failing = [...this.failing.values()];
    const ordered = failing.flatMap((failure) => {
      const kind = this.keptOrders.get(failure.n);
      return kind === undefined ? [] : [{ ...failure, ordered: kind }];
    });
    // Last, so that where not all are told those are that still need an order.
    const undecided = failing.filter(({ n }) => !this.keptOrders.has(n));
    return [...this.failed.values(), ...undecided, ...ordered].slice(0, MAX_REPORTED_FAILURES);
  }

  private isReportDue(): boolean {
    // One at a time: what changes while a report is on its way goes into the next.
    if (!this.unreported || this.toRun === undefined || this.toRun.isBusy) return false;
    if (this.tellsOfFailing) return true;
    const { limit } = this.control;
    const unstarted = this.queue.length;
    const nearTail = unstarted <= limit && this.lastReport.unstarted > limit;
    const inTail =
      unstarted === 0 && this.lastReport.inFlight - this.inFlight.size >= Math.max(1, Math.ceil(limit / 4));
    const elapsedMs = Date.now() - this.startedMs;
    const filling = this.inFlight.size > 0 && this.lastReport.inFlight === 0;
    // Paused, or without a slot: nothing else would wake this batch, and the run would show the last record as in flight.
    const stands = this.inFlight.size === 0 && unstarted > 0 && this.lastReport.inFlight > 0;
    const due = Date.now() - this.lastReport.atMs >= Math.max(FIRST_REPORT_MS, elapsedMs * REPORT_FRACTION);
    return nearTail || inTail || filling || stands || due;
  }

  private async report(extra: { parked: boolean; cleanup?: CleanupReport }): Promise<void> {
    if (this.toRun === undefined) return;
    const report: BatchReport = {
      page: this.input.page,
      inFlight: this.inFlight.size,
      unstarted: this.queue.length,
      totals: withOwnRequests(this.totals),
      failed: this.reportedFailures(),
      ...(this.firstFailure === undefined ? {} : { failure: this.firstFailure }),
      ...extra,
    };
    this.unreported = false;
    this.tellsOfFailing = false;
    this.lastReport = { atMs: Date.now(), inFlight: report.inFlight, unstarted: report.unstarted };
    setCurrentDetails(batchDetails({ ...report, run: this.input.settings.run, records: this.records.size }));
    await this.toRun.send(report);
  }
}
