/** A ceiling on bytes per second, shared by all who hold it. */

export class RateLimiter {
  private freeAtMs = 0;

  /** `bytesPerSec` null: no limit. */
  constructor(readonly bytesPerSec: number | null) {}

  /**
   * Books `bytes` that have just been read and says for how long (ms) to read nothing more. Readers book in turn, so the
   * sum of all stays at the limit; up to `BURST_MS` of unused time is credited, so that a pause is not punished twice.
   */
  book(bytes: number, nowMs = performance.now()): number {
    if (this.bytesPerSec === null) return 0;
    this.freeAtMs = Math.max(this.freeAtMs, nowMs - BURST_MS) + (bytes / this.bytesPerSec) * 1000;
    return Math.max(0, this.freeAtMs - nowMs);
  }
}

const BURST_MS = 100;
