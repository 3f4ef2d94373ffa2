/**
 * How many lanes a transfer has: more while that makes it faster, half as many when a source or a store says that it is too much
 * (additive increase, multiplicative decrease). It only counts; when it was told what is all that it knows of time, so it needs no
 * timer, and equal histories end in equal numbers.
 *
 * A rise is a trial: one round of parts is let by, because new lanes begin together, two rounds are measured, and where that is not
 * faster than what was measured before, the lanes go back. What is measured are parts that have arrived: what is only read would
 * count the buffers that new lanes fill.
 */

/** Shorter measurements say more of the moment than of the lanes. */
const MIN_WINDOW_MS = 1_000;
const ROUNDS = 2;
/** Of the lanes that were added, as a part of those there were: so much of it must have come of it. Never less than the noise. */
const MIN_GAIN = 0.2;
const NOISE = 0.08;
/**
 * After a trial in vain the next one waits: so long at first, then twice as long each time. For so long, too, nothing tries again as
 * many lanes as the other side has refused; fewer than these are taken again soon.
 */
const FIRST_WAIT_MS = 10_000;
const MAX_WAIT_MS = 600_000;
const AFTER_CUT_MS = 2_000;
/** Refusals that follow each other so soon are one: the other side's bad moment, or lanes that are still too many. */
const SPELL_MS = 5_000;

export type LaneChange = 'trial' | 'not faster' | 'throttled';

export interface LaneControllerOptions {
  readonly start: number;
  /** At most so many; `start` where that is more. */
  readonly max: number;
  /** For how many more parts there is memory now, without anybody's waiting for it. */
  readonly spareParts?: () => number;
  /** A clock that never goes back. */
  readonly nowMs?: () => number;
  readonly onChange?: ((lanes: number, reason: LaneChange) => void) | undefined;
}

export class LaneController {
  private count: number;
  private readonly max: number;
  private readonly nowMs: () => number;
  /** What a trial is held against. */
  private before: { readonly lanes: number; readonly bytesPerMs: number } | undefined;
  /** Doubling, until something was in vain. */
  private isFirstRise = true;
  private waitMs = FIRST_WAIT_MS;
  private riseFromMs = -Infinity;
  private cutAtMs = -Infinity;
  /** So many were refused, and are not tried before that time. */
  private refused = { lanes: Infinity, untilMs: -Infinity, waitMs: FIRST_WAIT_MS };
  private partsToLetBy = 0;
  private parts = 0;
  private bytes = 0;
  private windowFromMs: number;

  constructor(private readonly options: LaneControllerOptions) {
    this.count = Math.max(1, options.start);
    this.max = Math.max(this.count, options.max);
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.windowFromMs = this.nowMs();
  }

  get lanes(): number {
    return this.count;
  }

  /** A part has arrived; `left`: parts that nobody has begun. */
  arrived(bytes: number, left: number): void {
    const nowMs = this.nowMs();
    if (this.partsToLetBy > 0) {
      this.partsToLetBy -= 1;
      if (this.partsToLetBy === 0) this.measureFrom(nowMs);
      return;
    }
    this.parts += 1;
    this.bytes += bytes;
    const elapsedMs = nowMs - this.windowFromMs;
    if (this.parts < ROUNDS * this.count || elapsedMs < MIN_WINDOW_MS) return;
    const bytesPerMs = this.bytes / elapsedMs;
    this.measureFrom(nowMs);
    if (this.isInVain(bytesPerMs)) {
      this.goBack(nowMs);
      return;
    }
    // What was in vain an hour ago need not be so for ever.
    if (this.before !== undefined) this.waitMs = Math.max(FIRST_WAIT_MS, this.waitMs / 2);
    if (this.count >= this.refused.lanes) this.refused = { lanes: Infinity, untilMs: -Infinity, waitMs: FIRST_WAIT_MS };
    this.rise(nowMs, bytesPerMs, left);
  }

  /**
   * The other side was asked for too much. `beganAtMs`: when the request was begun that was refused; one that was on its way when the
   * lanes were last cut has met the same refusal.
   */
  throttled(beganAtMs: number): void {
    if (beganAtMs <= this.cutAtMs) return;
    const nowMs = this.nowMs();
    const isAgain = this.refused.lanes < Infinity && nowMs - this.cutAtMs > SPELL_MS;
    const waitMs = isAgain ? Math.min(MAX_WAIT_MS, 2 * this.refused.waitMs) : this.refused.waitMs;
    this.cutAtMs = nowMs;
    this.before = undefined;
    this.isFirstRise = false;
    this.refused = { lanes: this.count, untilMs: nowMs + waitMs, waitMs };
    this.riseFromMs = nowMs + AFTER_CUT_MS;
    this.set(Math.max(1, Math.floor(this.count / 2)), 'throttled');
  }

  private isInVain(bytesPerMs: number): boolean {
    const { before } = this;
    if (before === undefined) return false;
    const added = (this.count - before.lanes) / before.lanes;
    return bytesPerMs < before.bytesPerMs * (1 + Math.max(NOISE, MIN_GAIN * added));
  }

  private goBack(nowMs: number): void {
    const lanes = this.before?.lanes ?? this.count;
    this.before = undefined;
    this.isFirstRise = false;
    this.riseFromMs = nowMs + this.waitMs;
    this.waitMs = Math.min(MAX_WAIT_MS, 2 * this.waitMs);
    this.set(lanes, 'not faster');
  }

  private rise(nowMs: number, bytesPerMs: number, left: number): void {
    this.before = undefined;
    if (nowMs < this.riseFromMs) return;
    const step = this.isFirstRise ? this.count : Math.max(1, Math.floor(this.count / 4));
    const spare = this.options.spareParts?.() ?? Infinity;
    const allowed = nowMs < this.refused.untilMs ? Math.min(this.max, this.refused.lanes - 1) : this.max;
    const lanes = Math.min(allowed, this.count + Math.min(step, spare));
    // Near the end there would be nothing left to gain, nor to measure.
    if (lanes <= this.count || left < (1 + ROUNDS) * lanes) return;
    this.before = { lanes: this.count, bytesPerMs };
    this.set(lanes, 'trial');
  }

  private measureFrom(nowMs: number): void {
    this.windowFromMs = nowMs;
    this.parts = 0;
    this.bytes = 0;
  }

  private set(lanes: number, reason: LaneChange): void {
    this.partsToLetBy = Math.max(this.count, lanes);
    this.parts = 0;
    this.bytes = 0;
    if (lanes === this.count) return;
    this.count = lanes;
    this.options.onChange?.(lanes, reason);
  }
}
