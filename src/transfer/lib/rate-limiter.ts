/**
 * A ceiling on bytes per second, shared by all who hold it. It can be changed while they wait: what counts is bytes, and
 * their time is worked out anew whenever somebody asks.
 */

/** What a reader has booked and must wait for. */
export interface Booking {
  /** How long (ms) to read nothing more, as things stand now; 0: go on. */
  leftMs(nowMs?: number): number;
}

/** Undefined: nothing to wait for. */
export interface ByteLimit {
  book(bytes: number, nowMs?: number): Booking | undefined;
}

/** Of unused time so much is credited, so that a pause is not punished twice. */
const BURST_MS = 100;

export class RateLimiter implements ByteLimit {
  private bookedBytes = 0;
  /** Of what was booked, the bytes whose time has come; ahead of it by the credit. */
  private drainedBytes = 0;
  private settledAtMs = -Infinity;

  /** `rate` null: no limit. */
  constructor(private rate: number | null) {}

  get bytesPerSec(): number | null {
    return this.rate;
  }

  /** Counts from now on, also for those who wait. */
  setBytesPerSec(bytesPerSec: number | null, nowMs = performance.now()): void {
    this.settle(nowMs);
    this.rate = bytesPerSec;
    this.settle(nowMs);
  }

  /**
   * Books `bytes` that have just been read. Readers book in turn, so the sum of all stays at the limit, and nobody is passed by
   * those who come later.
   */
  book(bytes: number, nowMs = performance.now()): Booking | undefined {
    if (this.rate === null) return undefined;
    this.settle(nowMs);
    this.bookedBytes += bytes;
    const ticket = this.bookedBytes;
    return { leftMs: (atMs = performance.now()) => this.leftMs(ticket, atMs) };
  }

  private leftMs(ticket: number, nowMs: number): number {
    this.settle(nowMs);
    return this.rate === null ? 0 : Math.max(0, ((ticket - this.drainedBytes) * 1000) / this.rate);
  }

  private settle(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.settledAtMs);
    this.settledAtMs = Math.max(nowMs, this.settledAtMs);
    if (this.rate === null) {
      this.drainedBytes = this.bookedBytes;
      return;
    }
    const credit = (this.rate * BURST_MS) / 1000;
    const drained = elapsedMs === Infinity ? Infinity : this.drainedBytes + (this.rate * elapsedMs) / 1000;
    this.drainedBytes = Math.min(drained, this.bookedBytes + credit);
  }
}

/** Both at once: what is read is booked with each, and waited for as long as the stricter one says. */
export const bothLimits = (one: ByteLimit, other: ByteLimit): ByteLimit => ({
  book(bytes, nowMs) {
    const [first, second] = [one.book(bytes, nowMs), other.book(bytes, nowMs)];
    if (first === undefined || second === undefined) return first ?? second;
    return { leftMs: (atMs) => Math.max(first.leftMs(atMs), second.leftMs(atMs)) };
  },
});
