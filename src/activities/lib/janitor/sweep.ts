/** What one page of the janitor's work has come to: counts, a few findings, a line in the log for each. */
import { LonghaulError } from '../../../model/errors';
import {
  countFinding,
  DAY_MS,
  KEPT_REASONS,
  noCounts,
  type Finding,
  type FindingKind,
  type JanitorCounts,
  type JanitorOrder,
  type KeptReason,
  type Swept,
} from '../../../model/janitor';
import type { Logger } from '../../../ops/logging';
import type { TransferControl } from '../../../transfer/types';

/** Of one page, in the history: the result shows no more than twice as many. */
const MAX_LISTED = 100;

export type Found = Pick<Finding, 'kind' | 'what' | 'since' | 'run'>;

export class Sweep {
  #counts: JanitorCounts = noCounts();
  readonly #findings: Finding[] = [];
  #deleted = 0;
  isVersioned = false;
  /** What is older has had its time. */
  readonly before: Date;

  /** @param kind what an earlier attempt at this page has told of in its heartbeat, and is gone now. */
  constructor(
    readonly order: JanitorOrder,
    private readonly logger: Logger,
    private readonly control: TransferControl,
    kind: FindingKind,
  ) {
    this.before = new Date(Date.now() - order.olderThanDays * DAY_MS);
    const earlier = control.checkpoint?.parts ?? 0;
    this.#deleted = earlier;
    const one = { ...this.#counts.kinds[kind], found: earlier, deleted: earlier };
    this.#counts = { ...this.#counts, kinds: { ...this.#counts.kinds, [kind]: one } };
  }

  looked(uploads: number, runs: number): void {
    this.#counts = { ...this.#counts, uploads: this.#counts.uploads + uploads, runs: this.#counts.runs + runs };
  }

  keep(found: Found, reason: KeptReason): void {
    this.#note({ ...found, fate: 'kept', reason, why: KEPT_REASONS[reason] });
  }

  /**
   * What may be deleted: is, where that is asked for. `remove` answers how many objects went, null: there was nothing any more,
   * or a reason to keep it that has come up meanwhile. What the store refuses for good is told; what may pass is thrown.
   */
  async remove(found: Found, remove: () => Promise<number | null | KeptReason>): Promise<void> {
    if (!this.order.delete) {
      this.#note({ ...found, fate: 'found' });
      return;
    }
    try {
      const done = await remove();
      if (typeof done === 'string') {
        this.keep(found, done);
        return;
      }
      if (done === null) return;
      this.#counts = { ...this.#counts, objects: this.#counts.objects + done };
      this.#note({ ...found, fate: 'deleted' });
      this.#deleted += 1;
      this.control.onProgress({ v: 1, bytes: this.#deleted, parts: this.#deleted, sentBytes: 0 });
    } catch (error) {
      if (!(error instanceof LonghaulError) || error.retryable) throw error;
      this.#note({ ...found, fate: 'failed', why: `${error.code}: ${error.message}` });
    }
  }

  result(next: string | null): Swept & { readonly next: string | null } {
    return { counts: this.#counts, findings: this.#findings, isVersioned: this.isVersioned, next };
  }

  #note(finding: Finding): void {
    this.#counts = countFinding(this.#counts, finding);
    const { fate, kind, what, run, since, why } = finding;
    this.logger.info('janitor_finding', { fate, kind, what, of_run: run, since, why });
    const isWorth = finding.reason !== 'young';
    if (this.#findings.length < MAX_LISTED) this.#findings.push(finding);
    else if (isWorth) {
      // What is only young gives way to what tells something.
      const place = this.#findings.findIndex(({ reason }) => reason === 'young');
      if (place >= 0) this.#findings[place] = finding;
    }
  }
}
