/**
 * The chunks of a session, read ahead of their sending where memory allows. The first buffer is the probe's; a second one is
 * taken only where it is free: a transfer that waits for memory while it holds some would lock up with its like.
 */
import { asError, childScope } from './lib/abort';
import type { Lease, MemoryBudget } from './lib/memory-budget';

export interface SessionBuffersOptions {
  readonly memory: MemoryBudget;
  /** At least as long as every chunk; belongs to the caller. */
  readonly first: Buffer;
  readonly signal: AbortSignal;
  /** Fills `target` with the chunk. The first chunk is asked for in `first`. */
  readonly read: (number: number, target: Buffer, signal: AbortSignal) => Promise<void>;
}

export class SessionBuffers {
  private readonly scope;
  private second: Lease | undefined;
  private ahead: { readonly body: Buffer; readonly done: Promise<Error | undefined> } | undefined;
  private inUse: Buffer | undefined;

  constructor(private readonly options: SessionBuffersOptions) {
    this.scope = childScope(options.signal);
    this.second = options.memory.tryAcquire(options.first.length);
  }

  /** The chunk's bytes, valid until the next call; the reading of the next one is begun where there is room for it. */
  async take(number: number, lengthBytes: number, nextLengthBytes: number | undefined): Promise<Buffer> {
    const { first, read } = this.options;
    let body = this.ahead?.body;
    const failure = await this.ahead?.done;
    this.ahead = undefined;
    if (failure !== undefined) throw failure;
    if (body === undefined) {
      body = first.subarray(0, lengthBytes);
      await read(number, body, this.scope.signal);
    }
    this.inUse = body.buffer === first.buffer && body.byteOffset === first.byteOffset ? first : this.second?.buffer;
    const other = this.inUse === first ? this.second?.buffer : first;
    if (nextLengthBytes !== undefined && other !== undefined) {
      const target = other.subarray(0, nextLengthBytes);
      const done = read(number + 1, target, this.scope.signal).then(() => undefined, asError);
      this.ahead = { body: target, done };
    }
    return body;
  }

  /**
   * Stops the reading ahead and waits for it: nothing writes into a buffer that is somebody else's by then. After a failure an
   * aborted request may still hold the second buffer.
   */
  async close(failure?: unknown): Promise<void> {
    this.scope.abort(new Error('the session is over'));
    await this.ahead?.done;
    this.scope.release();
    if (failure === undefined) this.second?.release();
    else this.second?.discard();
  }
}
