/** What long activities keep in their heartbeats, and how it is read: whoever wrote it may have been another version. */
import type { ErrorCode } from '../../../model/errors';
import type { RequestCounts } from '../../../model/records';
import type { TransferCheckpoint } from '../../../transfer/types';

/** What is kept in heartbeat details: the engine's checkpoint, when it last grew, requests of all attempts, trouble. ≤ 1.5 KB. */
export interface Beat {
  readonly v: 1;
  readonly checkpoint: TransferCheckpoint | null;
  readonly progressAtMs: number;
  readonly failures: number;
  readonly requests?: RequestCounts;
  /** From here on nobody is expected to work at it: paused, or its next try. What passes after it is no time without progress. */
  readonly idleFromMs?: number;
  /** The last fault that is tried again within this attempt; gone once that try has succeeded, or bytes have moved. For people: nothing decides by it. */
  readonly trouble?: { readonly code: ErrorCode; readonly message: string };
}

/** Undefined where it has not the shape of a beat: then the attempt starts cleanly. */
export function readBeat(details: unknown): Beat | undefined {
  if (typeof details !== 'object' || details === null) return undefined;
  const { v, checkpoint, progressAtMs, failures, idleFromMs } = details as Record<string, unknown>;
  if (v !== 1 || typeof progressAtMs !== 'number' || typeof failures !== 'number') return undefined;
  const idle = typeof idleFromMs === 'number' ? { idleFromMs } : {};
  return { v, checkpoint: readCheckpoint(checkpoint), progressAtMs, failures, ...idle };
}

/** An unknown shape (a newer or foreign worker's) means a clean start, never a crash: the store knows the truth. */
function readCheckpoint(value: unknown): TransferCheckpoint | null {
  if (typeof value !== 'object' || value === null) return null;
  const candidate = value as Partial<TransferCheckpoint>;
  const numbers = [candidate.bytes, candidate.parts, candidate.sentBytes];
  if (candidate.v !== 1 || !numbers.every((n) => Number.isSafeInteger(n) && Number(n) >= 0)) return null;
  if (candidate.uploadId !== undefined && typeof candidate.uploadId !== 'string') return null;
  return candidate as TransferCheckpoint;
}
