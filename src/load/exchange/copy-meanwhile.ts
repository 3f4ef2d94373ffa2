/**
 * Chunks are copied while others are still staged: reading files and writing rows keep different processors busy. What has been
 * copied is in the ledger, so that an attempt which begins again stages the same chunks and finds these done.
 */
import { LonghaulError } from '../../model/errors';
import { asError, childScope } from '../../transfer/lib/abort';
import type { CopiedChunk, CopiedMeanwhile, MeanwhileRequest, StagedChunk } from '../types';

/** So many chunks a lane are still taken when everything is staged; more of them are left, for whoever else may copy them. */
const REST_PER_LANE = 4;

/**
 * Runs `stage`, which tells of each chunk as soon as it is there, and copies these in their order. Waits for every copy that has
 * begun. A failure that may pass ends copying, not staging: it is told to `onPostponed`, and the rest is left. Throws what
 * staging throws, or the first failure of a copy that will not pass.
 */
export async function copyMeanwhile<T>(
  request: MeanwhileRequest,
  stage: (onChunk: (chunk: StagedChunk) => void, signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<CopiedMeanwhile<T>> {
  const copier = new Copier(request, signal);
  const copying = copier.run();
  try {
    const staged = await stage((chunk) => copier.add(chunk), copier.signal);
    copier.end();
    await copying;
    copier.throwFailure();
    return { staged, copied: copier.copied() };
  } catch (error) {
    copier.stop(asError(error));
    await copying;
    signal.throwIfAborted();
    copier.throwFailure();
    throw error;
  }
}

class Copier {
  private readonly chunks: StagedChunk[] = [];
  private readonly done: (CopiedChunk | undefined)[] = [];
  private readonly scope: ReturnType<typeof childScope>;
  private next = 0;
  /** Chunks from this one on are not begun. */
  private limit = Number.POSITIVE_INFINITY;
  private isEnded = false;
  private failure: Error | undefined;
  private wake = (): void => undefined;
  private changed = this.nextChange();

  constructor(
    private readonly request: MeanwhileRequest,
    signal: AbortSignal,
  ) {
    this.scope = childScope(signal);
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  add(chunk: StagedChunk): void {
    this.chunks.push(chunk);
    this.tell();
  }

  /** Nothing more comes. */
  end(): void {
    this.isEnded = true;
    if (this.chunks.length - this.next > REST_PER_LANE * this.request.lanes) this.limit = this.next;
    this.tell();
  }

  stop(reason: Error): void {
    this.limit = 0;
    this.scope.abort(reason);
    this.tell();
  }

  throwFailure(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  /** Never throws. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: Math.max(1, this.request.lanes) }, () => this.lane()));
    this.scope.release();
  }

  /** Of the first chunks, up to one that was not copied. */
  copied(): readonly CopiedChunk[] {
    const copied: CopiedChunk[] = [];
    for (const chunk of this.done) {
      if (chunk === undefined) break;
      copied.push(chunk);
    }
    return copied;
  }

  private async lane(): Promise<void> {
    for (;;) {
      const index = this.next;
      if (index >= this.limit) return;
      const chunk = this.chunks[index];
      if (chunk === undefined) {
        if (this.isEnded) return;
        await this.changed;
        continue;
      }
      this.next += 1;
      try {
        this.done[index] = await this.request.copy(chunk, this.signal);
      } catch (error) {
        this.fail(error);
        return;
      }
    }
  }

  private fail(error: unknown): void {
    this.limit = 0;
    this.tell();
    if (this.signal.aborted) return;
    if (error instanceof LonghaulError && error.retryable) {
      this.request.onPostponed?.(error);
      return;
    }
    this.failure ??= asError(error);
    this.scope.abort(this.failure);
  }

  private tell(): void {
    this.wake();
    this.changed = this.nextChange();
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}
