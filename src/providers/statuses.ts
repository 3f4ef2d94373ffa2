/** Vendors' words for the state of an export, and what they mean for us. */
import type { PollReply } from './types';

export type States = Readonly<Record<string, PollReply['state']>>;

/** Confirmed: SUCCEEDED, FAILED; the rest was seen in public clients. */
export const RAPID7_STATES: States = {
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
export const classifyStatus = (states: States, status: string): Pick<PollReply, 'state' | 'unknownStatus'> => {
  const word = status.toUpperCase();
  const state = Object.hasOwn(states, word) ? states[word] : undefined;
  return { state: state ?? 'running', unknownStatus: state === undefined };
};
