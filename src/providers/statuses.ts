/** The vendor's words for an export's state. Confirmed: SUCCEEDED, FAILED; the rest was seen in public clients. */
import type { PollReply } from './types';

const STATES: Readonly<Record<string, PollReply['state']>> = {
  SUCCEEDED: 'succeeded',
  COMPLETE: 'succeeded',
  COMPLETED: 'succeeded',
  READY: 'succeeded',
  PENDING: 'running',
  PROCESSING: 'running',
  IN_PROGRESS: 'running',
  FAILED: 'failed',
  ERROR: 'failed',
  CANCELED: 'failed',
  CANCELLED: 'failed',
};

/** An unknown word counts as running: the caller logs it and its deadline ends the polling. */
export const classifyStatus = (status: string): Pick<PollReply, 'state' | 'unknownStatus'> => {
  const word = status.toUpperCase();
  const state = Object.hasOwn(STATES, word) ? STATES[word] : undefined;
  return { state: state ?? 'running', unknownStatus: state === undefined };
};
