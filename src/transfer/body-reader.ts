/**
 * Reads a response body straight into a buffer that is already there: no concatenation, no copy but the one, and the
 * stall watchdog of the engine. `on('data')` costs about half of `for await` on such bodies (docs/decisions).
 */
import type { Readable } from 'node:stream';
import { LonghaulError } from '../model/errors';
import { DirectBody } from './http/direct/body';
import { asError } from './lib/abort';
import { faultText, networkFault } from './lib/network-errors';
import type { Booking, ByteLimit } from './lib/rate-limiter';

export interface BodyReaderOptions {
  /** For messages. */
  readonly display: string;
  readonly signal: AbortSignal;
  readonly stallTimeoutMs: number;
  readonly limiter?: ByteLimit | undefined;
  /** Sees the length of every chunk as it comes. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/** Fewer bytes than this in the whole stall timeout count as none, or a source could hold a lane for years. */
const TRICKLE_BYTES = 1024;
/** How many looks at the counter a stall timeout has: a stall is seen between 1 and 1.25 times the timeout. */
const LOOKS = 4;
/** A limit may change while it is waited for: it is asked again after so long. */
const MAX_PAUSE_MS = 500;

interface Waiting {
  readonly target: Buffer;
  filled: number;
  readonly done: (filled: number) => void;
  readonly fail: (error: Error) => void;
}

export class BodyReader {
  /** Bytes taken from the body so far. */
  receivedBytes = 0;
  private readonly direct: DirectBody | undefined;
  private leftover: Buffer | undefined;
  private ended = false;
  private failure: Error | undefined;
  private waiting: Waiting | undefined;
  private readonly onAbort = (): void => this.stop(asError(this.options.signal.reason));

  constructor(
    private readonly body: Readable,
    private readonly options: BodyReaderOptions,
  ) {
    this.direct = body instanceof DirectBody && body.canReadInto ? body : undefined;
    if (this.direct === undefined) body.on('data', (chunk: Buffer) => this.take(chunk));
    body.on('end', () => this.finish());
    body.on('error', (error: Error) => this.stop(this.lost(error)));
    body.on('close', () => {
      // An error costs a stack trace, and most bodies were read to their end.
      if (!this.ended && this.failure === undefined) this.stop(this.lost(undefined));
    });
    // Listening starts the flow; nothing is wanted before there is a buffer.
    if (this.direct === undefined) body.pause();
    options.signal.addEventListener('abort', this.onAbort, { once: true });
    if (options.signal.aborted) this.onAbort();
    // Failed before there was anybody to listen.
    else if (body.destroyed) this.stop(this.lost(body.errored ?? undefined));
  }

  /**
   * Fills `target` and resolves with the bytes written: fewer than its length only where the body has ended.
   * Throws SourceStalled, SourceTruncated, SourceUnreachable, or the signal's reason. `onBytes` sees each advance.
   */
  async fill(target: Buffer, onBytes?: (filled: number) => void): Promise<number> {
    let start = 0;
    if (this.leftover !== undefined) {
      start = this.leftover.copy(target);
      this.leftover = start < this.leftover.length ? this.leftover.subarray(start) : undefined;
      onBytes?.(start);
    }
    if (start === target.length || this.ended) return start;
    if (this.failure !== undefined) throw this.failure;
    return this.wait(target, start, onBytes);
  }

  /** True where the body has ended; reads on to the next byte to know. */
  async atEnd(): Promise<boolean> {
    if (this.leftover !== undefined) return false;
    const next = Buffer.alloc(1);
    if ((await this.fill(next)) === 0) return true;
    const rest = this.leftover as Buffer | undefined;
    this.leftover = rest === undefined ? next : Buffer.concat([next, rest]);
    return false;
  }

  /** Lets go of the body; a connection whose body was read to its end stays open for the next request. */
  close(): void {
    this.options.signal.removeEventListener('abort', this.onAbort);
    if (this.ended) return;
    this.failure ??= new LonghaulError('Internal', `${this.options.display} was closed`);
    this.body.destroy();
  }

  private wait(target: Buffer, start: number, onBytes?: (filled: number) => void): Promise<number> {
    return new Promise<number>((resolve, reject) => {
      const recent: number[] = [];
      let lastBytes = this.receivedBytes;
      const look = setInterval(() => {
        // Paused by us: waiting for the rate limit is not the source's silence.
        if (this.direct?.isHeld ?? this.body.isPaused()) return;
        recent.push(this.receivedBytes - lastBytes);
        lastBytes = this.receivedBytes;
        if (recent.length < LOOKS) return;
        if (recent.reduce((sum, bytes) => sum + bytes, 0) < TRICKLE_BYTES) this.stop(this.stalled());
        recent.shift();
      }, this.options.stallTimeoutMs / LOOKS);
      const settle = (): void => {
        clearInterval(look);
        this.waiting = undefined;
        onBytes?.(waiting.filled);
      };
      const waiting: Waiting = {
        target,
        filled: start,
        done: (filled) => {
          settle();
          resolve(filled);
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      this.waiting = waiting;
      if (this.direct === undefined) this.body.resume();
      else this.direct.readInto(target.subarray(start), (bytes) => this.advance(bytes));
    });
  }

  private take(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    this.options.onRead?.(chunk.length);
    const { waiting } = this;
    if (waiting === undefined) {
      this.leftover = this.leftover === undefined ? chunk : Buffer.concat([this.leftover, chunk]);
      this.body.pause();
      return;
    }
    const copied = chunk.copy(waiting.target, waiting.filled);
    waiting.filled += copied;
    if (copied < chunk.length) this.leftover = chunk.subarray(copied);
    this.goOn(waiting, chunk.length);
  }

  /** Of a body that is read into the target itself. */
  private advance(bytes: number): void {
    this.receivedBytes += bytes;
    this.options.onRead?.(bytes);
    const { waiting } = this;
    if (waiting === undefined) return;
    waiting.filled += bytes;
    this.goOn(waiting, bytes);
  }

  private goOn(waiting: Waiting, bytes: number): void {
    const booking = this.options.limiter?.book(bytes);
    const isPaused = booking !== undefined && booking.leftMs() >= 1;
    if (waiting.filled === waiting.target.length) {
      this.hold();
      // The last bytes are waited for too, or short parts would never be limited.
      if (isPaused) this.pause(waiting, booking, () => waiting.done(waiting.filled));
      else waiting.done(waiting.filled);
    } else if (isPaused) {
      this.hold();
      this.pause(waiting, booking, () => this.release());
    }
  }

  /** Calls `goOn` once the limit lets it, unless the waiting has ended otherwise. */
  private pause(waiting: Waiting, booking: Booking, goOn: () => void): void {
    const leftMs = booking.leftMs();
    if (this.waiting !== waiting) return;
    if (leftMs < 1) goOn();
    else setTimeout(() => this.pause(waiting, booking, goOn), Math.min(leftMs, MAX_PAUSE_MS));
  }

  private hold(): void {
    if (this.direct === undefined) this.body.pause();
    // Of a target that is full nothing is on its way.
    else if (this.waiting !== undefined && this.waiting.filled < this.waiting.target.length) this.direct.hold();
  }

  private release(): void {
    if (this.direct === undefined) this.body.resume();
    else this.direct.release();
  }

  private finish(): void {
    this.ended = true;
    this.options.signal.removeEventListener('abort', this.onAbort);
    this.waiting?.done(this.waiting.filled);
  }

  private stop(error: Error): void {
    if (this.ended || this.failure !== undefined) return;
    this.failure = error;
    this.options.signal.removeEventListener('abort', this.onAbort);
    this.body.destroy();
    this.waiting?.fail(error);
  }

  private stalled(): LonghaulError {
    const { display, stallTimeoutMs } = this.options;
    return new LonghaulError('SourceStalled', `${display} sent nothing for ${stallTimeoutMs} ms`, { source: display });
  }

  private lost(error: Error | undefined): LonghaulError {
    if (error instanceof LonghaulError) return error;
    const { display } = this.options;
    const isReset = networkFault(error) !== 'lost' && error !== undefined;
    return new LonghaulError(
      isReset ? 'SourceUnreachable' : 'SourceTruncated',
      `${display} ended after ${this.receivedBytes} bytes of an answer: ${error === undefined ? 'connection closed' : faultText(error)}`,
      { source: display, operation: 'read' },
      { cause: error },
    );
  }
}
