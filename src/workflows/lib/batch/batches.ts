/** The batches of a run: starts pages as slots come free, deals the slots, and hears how each batch stands. */
import {
  CancellationScope,
  condition,
  executeChild,
  isCancellation,
  log,
  ParentClosePolicy,
} from '@temporalio/workflow';
import type { CleanupReport, FailedRecord, RunSettings } from '../../../model/run';
import { addTotals, emptyTotals, type ManifestRecord, type ManifestSize, type Totals } from '../../../model/records';
import { transferBatch } from '../../transfer-batch';
import { controlSignal, type BatchControl, type BatchReport, type BatchResult, type RecordOrder } from './messages';
import { SignalSender } from './signal-sender';
import { addCleanup, emptyCleanup, firstCause, type Cause } from '../failures';
import { dealSlots, wantsNextPage } from './slots';

interface RunningBatch {
  readonly page: number;
  readonly workflowId: string;
  inFlight: number;
  unstarted: number;
  limit: number;
  readonly sender: SignalSender<BatchControl>;
  parked: boolean;
  totals: Totals;
  failed: readonly FailedRecord[];
}

/** What stays when a run continues as new; everything else of a batch ends with the drain. */
export interface BatchesState {
  readonly nextPage: number;
  readonly totals: Totals;
  readonly failures: readonly FailedRecord[];
  readonly cleanup: CleanupReport;
}

const MAX_KEPT_FAILURES = 50;

interface WhatToMove extends ManifestSize {
  readonly settings: RunSettings;
  readonly exportId: string | null;
  readonly few: readonly ManifestRecord[] | undefined;
}

export class Batches {
  private readonly running = new Map<number, RunningBatch>();
  private readonly settled = new Set<Promise<void>>();
  private finishedTotals: Totals;
  private finishedFailures: FailedRecord[];
  private nextPage: number;
  private readonly scope = new CancellationScope();
  private draining = false;
  /** What records and batches have taken back by themselves. */
  readonly cleanup: CleanupReport;
  /** Pages whose batch ended well: their objects are staged, for the run to publish or take back. */
  readonly stagedPages: number[] = [];
  firstFailure: Cause | undefined;

  constructor(
    private readonly input: WhatToMove,
    private readonly control: { readonly paused: boolean; readonly maxWorkers: number },
    private readonly onChange: () => void,
    state: BatchesState = { nextPage: 0, totals: emptyTotals(), failures: [], cleanup: emptyCleanup() },
  ) {
    this.nextPage = state.nextPage;
    this.finishedTotals = state.totals;
    this.finishedFailures = [...state.failures];
    this.cleanup = { ...state.cleanup, problems: [...state.cleanup.problems] };
    for (let page = 0; page < state.nextPage; page += 1) this.stagedPages.push(page);
  }

  get totals(): Totals {
    return [...this.running.values()].reduce((sum, batch) => addTotals(sum, batch.totals), this.finishedTotals);
  }

  get inFlight(): number {
    return [...this.running.values()].reduce((sum, batch) => sum + batch.inFlight, 0);
  }

  /** Records that may be in flight now, as far as batches have told: each has a slot, or gets one without asking again. */
  get occupied(): number {
    const { paused, maxWorkers } = this.control;
    const running = [...this.running.values()];
    const left = paused ? 0 : running.reduce((sum, batch) => sum + batch.unstarted, 0);
    return Math.max(this.inFlight, Math.min(maxWorkers, this.inFlight + left));
  }

  get failures(): FailedRecord[] {
    return [...this.finishedFailures, ...[...this.running.values()].flatMap((batch) => batch.failed)];
  }

  get workflowIds(): string[] {
    return [...this.running.values()].map((batch) => batch.workflowId);
  }

  /** True: nothing moves any more and an operator has to decide about failed records. */
  get isParked(): boolean {
    if (this.running.size === 0) return false;
    const startsNoMore = this.draining || this.nextPage >= this.input.pages;
    return startsNoMore && [...this.running.values()].every((batch) => batch.parked);
  }

  get state(): BatchesState {
    return {
      nextPage: this.nextPage,
      totals: this.finishedTotals,
      failures: this.finishedFailures,
      cleanup: this.cleanup,
    };
  }

  /** True once every page is done; false where it stopped early because `shouldDrain` said so. */
  async moveAll(shouldDrain: () => boolean): Promise<boolean> {
    try {
      for (;;) {
        this.draining ||= shouldDrain();
        while (this.mayStartPage()) this.startPage();
        if (this.isOver()) break;
        await condition(() => this.isOver() || this.mayStartPage() || (!this.draining && shouldDrain()));
      }
    } finally {
      // Batches close before the run does: with a bare throw their cleanup would run on unseen.
      await CancellationScope.nonCancellable(() => Promise.all(this.settled));
    }
    return this.nextPage >= this.input.pages;
  }

  hear(report: BatchReport): void {
    if (report.cleanup !== undefined) addCleanup(this.cleanup, report.cleanup);
    if (report.failure !== undefined) this.fail(report.failure);
    const batch = this.running.get(report.page);
    if (batch === undefined) return;
    batch.inFlight = report.inFlight;
    batch.unstarted = report.unstarted;
    batch.totals = report.totals;
    batch.failed = report.failed;
    batch.parked = report.parked;
    this.deal();
    this.onChange();
  }

  /** After a change of `paused` or `maxWorkers`. */
  controlChanged(): void {
    this.deal(true);
  }

  /**
   * Passes an operator's order to the batches it concerns; answers how many failed records it concerns. A batch keeps what it
   * is told about a record that is still being taken back, and such a record takes no second order.
   */
  order(kind: RecordOrder['kind'], records: readonly number[] | null): number {
    let affected = 0;
    for (const batch of this.running.values()) {
      const isConcerned = ({ n, ordered }: FailedRecord): boolean =>
        ordered === undefined && (records === null || records.includes(n));
      const concerned = batch.failed.filter(isConcerned).length;
      if (concerned === 0) continue;
      affected += concerned;
      // At once: a second order, before the batch has answered, must not count them again.
      batch.failed = batch.failed.filter((f) => !isConcerned(f));
      batch.parked = false;
      if (kind === 'retry') batch.unstarted += concerned;
    }
    this.deal(true, { kind, records });
    return affected;
  }

  cancel(): void {
    this.scope.cancel();
  }

  private fail(cause: Cause): void {
    this.firstFailure ??= cause;
    this.scope.cancel();
  }

  /** Nothing runs and nothing will: a pause with pages left is not an end. */
  private isOver(): boolean {
    const goesOn = !this.draining && this.firstFailure === undefined && this.nextPage < this.input.pages;
    return this.running.size === 0 && !goesOn;
  }

  private mayStartPage(): boolean {
    if (this.draining || this.control.paused || this.firstFailure !== undefined || this.scope.consideredCancelled)
      return false;
    return this.nextPage < this.input.pages && wantsNextPage(this.control.maxWorkers, [...this.running.values()]);
  }

  private startPage(): void {
    const { settings, exportId, records, few } = this.input;
    const page = this.nextPage;
    this.nextPage += 1;
    const size = Math.min(settings.pageRecords, records - page * settings.pageRecords);
    const workflowId = `${settings.run}/batch/${page}`;
    const batch: RunningBatch = {
      page,
      workflowId,
      inFlight: 0,
      unstarted: size,
      limit: 0,
      sender: new SignalSender(workflowId, controlSignal),
      parked: false,
      totals: emptyTotals(),
      failed: [],
    };
    this.running.set(page, batch);
    batch.limit = dealSlots(this.control.maxWorkers, [...this.running.values()]).get(page) ?? 0;
    const control = { paused: this.control.paused, limit: batch.limit };
    const done = this.scope
      .run(() =>
        executeChild(transferBatch, {
          workflowId: batch.workflowId,
          args: [{ settings, exportId, page, control, ...(few === undefined ? {} : { records: few }) }],
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          // The run itself is as it was started; what moves its records inherits from here.
          ...(settings.priority === undefined ? {} : { priority: settings.priority }),
          staticSummary: `Moves records ${page * settings.pageRecords} to ${page * settings.pageRecords + size - 1}`,
        }),
      )
      .then(
        (result) => this.onEnd(batch, result),
        (error: unknown) => this.onFailure(batch, error),
      )
      .finally(() => this.settled.delete(done));
    this.settled.add(done);
    this.onChange();
  }

  private onEnd(batch: RunningBatch, { totals, failed, cleanup }: BatchResult): void {
    this.stagedPages.push(batch.page);
    if (cleanup !== undefined) addCleanup(this.cleanup, cleanup);
    this.close(batch, totals, failed);
  }

  private onFailure(batch: RunningBatch, error: unknown): void {
    if (!isCancellation(error)) this.fail(firstCause(error));
    log.warn('batch_error', { page: batch.page, ...firstCause(error) });
    this.close(batch, batch.totals, batch.failed);
  }

  private close(batch: RunningBatch, totals: Totals, failed: readonly FailedRecord[]): void {
    this.running.delete(batch.page);
    this.finishedTotals = addTotals(this.finishedTotals, totals);
    this.finishedFailures = [...this.finishedFailures, ...failed].slice(-MAX_KEPT_FAILURES);
    this.deal();
    this.onChange();
  }

  /** Sends limits that have changed; to all where paused, or an order, must be heard. */
  private deal(all = false, order?: RecordOrder): void {
    const limits = dealSlots(this.control.maxWorkers, [...this.running.values()]);
    for (const batch of this.running.values()) {
      const limit = limits.get(batch.page) ?? 0;
      // A batch with nothing left to start needs no limit: its tail would only cost messages.
      const matters = limit !== batch.limit && batch.unstarted > 0;
      if (!all && !matters) continue;
      batch.limit = limit;
      void batch.sender.send({ paused: this.control.paused, limit, ...(order === undefined ? {} : { order }) });
    }
  }
}
