/**
 * All bodies that the process holds come out of one budget, first come, first served. Large buffers are kept and used
 * again: allocating and freeing 16 MiB per part leaves their size in garbage between collections, which is how relays grow.
 * Invariant: bytes leased + bytes kept for reuse ≤ total, but for a single lease above the total, which is granted alone.
 */
import { asError } from './abort';

/** Smaller bodies get exactly their size: they are many, and their sizes never repeat. */
const REUSE_FROM_BYTES = 1024 * 1024;

export interface Lease {
  /** Exactly the length asked for; its content is undefined. */
  readonly buffer: Buffer;
  /** Gives the bytes back. Idempotent. */
  release(): void;
  /** Gives the bytes back but never reuses the buffer: for one that an aborted request may still read from. */
  discard(): void;
}

interface Waiter {
  readonly bytes: number;
  readonly grant: () => void;
}

export class MemoryBudget {
  private usedBytes = 0;
  private keptBytes = 0;
  private readonly kept: Buffer[] = [];
  private readonly queue: Waiter[] = [];
  private peak = 0;

  constructor(readonly totalBytes: number) {}

  /** Bytes leased now. */
  get inUseBytes(): number {
    return this.usedBytes;
  }

  /** The most that was ever leased at once. */
  get peakBytes(): number {
    return this.peak;
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** Waits for `bytes`; throws the signal's reason when it aborts first. */
  async acquire(bytes: number, signal: AbortSignal): Promise<Lease> {
    signal.throwIfAborted();
    if (this.queue.length > 0 || !this.fits(bytes)) await this.wait(bytes, signal);
    else this.take(bytes);
    return this.lease(bytes);
  }

  /** `bytes` where they are free now; for what is only faster with them. */
  tryAcquire(bytes: number): Lease | undefined {
    if (this.queue.length > 0 || !this.fits(bytes)) return undefined;
    this.take(bytes);
    return this.lease(bytes);
  }

  private fits(bytes: number): boolean {
    return this.usedBytes === 0 || this.usedBytes + bytes <= this.totalBytes;
  }

  private take(bytes: number): void {
    this.usedBytes += bytes;
    this.peak = Math.max(this.peak, this.usedBytes);
  }

  private wait(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        bytes,
        grant: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        this.queue.splice(this.queue.indexOf(waiter), 1);
        // Whoever stood behind may fit where this one did not.
        this.serve();
        reject(asError(signal.reason));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.queue.push(waiter);
    });
  }

  private serve(): void {
    for (let first = this.queue[0]; first !== undefined && this.fits(first.bytes); first = this.queue[0]) {
      this.queue.shift();
      this.take(first.bytes);
      first.grant();
    }
  }

  private lease(bytes: number): Lease {
    const whole = this.findBuffer(bytes);
    let open = true;
    const close = (keep: boolean): void => {
      if (!open) return;
      open = false;
      this.usedBytes -= bytes;
      if (keep && whole.length >= REUSE_FROM_BYTES) this.keep(whole);
      this.serve();
    };
    return {
      buffer: whole.length === bytes ? whole : whole.subarray(0, bytes),
      release: () => close(true),
      discard: () => close(false),
    };
  }

  /** The smallest kept buffer that is large enough, but not one more than twice as large. */
  private findBuffer(bytes: number): Buffer {
    let best = -1;
    for (const [index, buffer] of this.kept.entries()) {
      const fits = buffer.length >= bytes && buffer.length <= 2 * bytes;
      if (fits && (best < 0 || buffer.length < (this.kept[best]?.length ?? 0))) best = index;
    }
    const found = best < 0 ? undefined : this.kept.splice(best, 1)[0];
    if (found !== undefined) {
      this.keptBytes -= found.length;
      return found;
    }
    while (this.usedBytes + this.keptBytes > this.totalBytes && this.dropKept()) continue;
    return Buffer.allocUnsafeSlow(bytes);
  }

  private keep(buffer: Buffer): void {
    if (this.usedBytes + this.keptBytes + buffer.length > this.totalBytes) return;
    this.kept.push(buffer);
    this.keptBytes += buffer.length;
  }

  private dropKept(): boolean {
    const dropped = this.kept.shift();
    this.keptBytes -= dropped?.length ?? 0;
    return dropped !== undefined;
  }
}
