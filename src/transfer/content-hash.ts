/** The SHA-256 that a source was promised to have, computed over the bytes as they pass. */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { LonghaulError } from '../model/errors';
import { asError } from './lib/abort';
import type { TransferSpec } from './spec';

/** About 3 ms of hashing: between slices heartbeats and other lanes have their turn. */
const SLICE_BYTES = 4 * 1024 * 1024;

/**
 * Takes the parts of an object from parallel lanes and hashes them in order. A part waits for those before it while it holds
 * its memory. That cannot lock up: lanes take parts, and the memory budget serves them, in order of number, so the lowest part
 * that is not hashed yet always has its memory already and waits for nobody.
 */
export class OrderedSha256 {
  private readonly hash = createHash('sha256');
  private next = 1;
  private readonly turns = new Map<number, () => void>();

  /** Each number once, from 1. Throws the signal's reason while it waits for its turn. */
  async add(number: number, body: Buffer, signal: AbortSignal): Promise<void> {
    if (number !== this.next) await this.turn(number, signal);
    for (let offset = 0; offset < body.length; offset += SLICE_BYTES) {
      if (offset > 0) await setImmediate();
      this.hash.update(body.subarray(offset, offset + SLICE_BYTES));
    }
    this.next += 1;
    this.turns.get(this.next)?.();
  }

  /** Of all parts; ends the hash. */
  hex(): string {
    return this.hash.digest('hex');
  }

  private turn(number: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const settle = (): void => {
        signal.removeEventListener('abort', onAbort);
        this.turns.delete(number);
      };
      const onAbort = (): void => {
        settle();
        reject(asError(signal.reason));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.turns.set(number, () => {
        settle();
        resolve();
      });
    });
  }
}

export const hashFor = ({ sha256 }: Pick<TransferSpec, 'sha256'>): OrderedSha256 | undefined =>
  sha256 === undefined ? undefined : new OrderedSha256();

/** Throws ChecksumDiffers. Called before anything becomes visible. */
export function checkSha256(
  { sha256, source }: Pick<TransferSpec, 'sha256' | 'source'>,
  hash: OrderedSha256 | undefined,
): void {
  if (sha256 === undefined || hash === undefined) return;
  const got = hash.hex();
  if (got === sha256.toLowerCase()) return;
  throw new LonghaulError(
    'ChecksumDiffers',
    `${source.display} has the SHA-256 ${got} and not the expected ${sha256.toLowerCase()}`,
    { source: source.display, operation: 'verify' },
  );
}
