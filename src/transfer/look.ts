/** Asking the destination what is under a key, by those who may and those who may not. */
import { LonghaulError } from '../model/errors';
import type { Destination, StoredObject } from './destination';

export interface LookRequest {
  readonly destination: Destination;
  readonly key: string;
  readonly readBack?: boolean | undefined;
}

/**
 * Undefined where there is nothing, and with `readBack` false also where the store refuses to say: then nobody can tell, and
 * what may be there is written again.
 */
export async function look(
  { destination, key, readBack }: LookRequest,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  try {
    return await destination.stat(key, signal);
  } catch (error) {
    if (readBack === false && error instanceof LonghaulError && error.code === 'AccessDenied') return undefined;
    throw error;
  }
}

export interface SettleRequest extends LookRequest {
  readonly transferId: string;
  readonly ifAbsent?: boolean | undefined;
}

/**
 * Removes what the way to a published object has left beside it. Who may only create has left nothing (no temporary name was
 * used); what may not be deleted is left to the janitor.
 */
export async function settle(request: SettleRequest, signal: AbortSignal): Promise<void> {
  const { destination, key, transferId } = request;
  if (request.readBack === false && request.ifAbsent !== true) return;
  try {
    await destination.settle?.(key, transferId, signal);
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.code !== 'AccessDenied') throw error;
  }
}

/** RFC 9110 section 13.1: what was to be absent is there. Whoever gets it asks first whether that is its own. */
export const isPreconditionFailed = (error: unknown): error is LonghaulError =>
  error instanceof LonghaulError && error.context.httpStatus === 412;

export const alreadyExists = ({ destination, key }: LookRequest, cause: LonghaulError): LonghaulError =>
  new LonghaulError('DestinationExists', `${destination.display(key)} exists already`, cause.context, { cause });
