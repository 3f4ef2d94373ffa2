/** `transferEvent` for the CLI: status, watch and abort work on its runs; they are started by `longhaul transfer` and the bridge. */
import { parseEvent } from '../../../bridge/event-schema';
import { LonghaulError } from '../../../model/errors';
import { WORKFLOWS } from '../../../model/names';
import { addressText, type TransferEventInput, type TransferEventResult } from '../../../model/transfer-event';
import { formatBytes, formatDuration, formatRate, plural } from '../print/format';
import type { Job, JobInput } from './job';

export type TransferInput = TransferEventInput & JobInput;

/** The bare event, or the event and its dead-letter queue. Throws EventInvalid with everything that is wrong. */
const check = (input: unknown): TransferInput => {
  const isWrapped = typeof input === 'object' && input !== null && 'event' in input && !('eventId' in input);
  const parsed = parseEvent(isWrapped ? input.event : input);
  if (parsed.ok) return isWrapped ? { ...input, event: parsed.event } : { event: parsed.event };
  throw new LonghaulError('EventInvalid', `This is not a transfer event: ${parsed.problems.join('; ')}.`);
};

const resultText = (workflowId: string, result: TransferEventResult): string => {
  const { bytes, seconds, verified, attempts, resentBytes, checksums } = result;
  const rate = seconds > 0 && bytes > 0 ? `, ${formatRate(bytes / seconds)}` : '';
  return [
    `run        ${workflowId} (completed)`,
    `moved      ${result.source}`,
    `to         ${result.destination}`,
    `bytes      ${formatBytes(bytes)} in ${formatDuration(seconds * 1000)}${rate}`,
    `verified   by ${verified}`,
    ...Object.entries(checksums).map(([name, value]) => `${name.padEnd(10)} ${value}`),
    ...(attempts > 1 ? [`tries      ${plural(attempts, 'attempt')}`] : []),
    ...(resentBytes > 0 ? [`sent again ${formatBytes(resentBytes)}`] : []),
  ].join('\n');
};

export const transferJob: Job<TransferInput, TransferEventResult> = {
  word: 'transfer',
  workflow: WORKFLOWS.transferEvent,
  subject: { field: 'event', option: 'bucket', flag: '--source' },
  check,
  subjectOf: ({ event }) => event.eventId,
  projectOf: ({ event }) => event.destination.bucket,
  summary: ({ event }) => `${addressText(event.source)} to ${addressText(event.destination)}`,
  resultText,
  shortfall: () => undefined,
  endsByCancel: true,
  // The workflow shields this step from cancels: an event that is neither moved nor in the queue would be lost.
  cancelRefusal: ({ workflowId, stage, failures }) =>
    stage === 'reporting'
      ? `"${workflowId}" has failed${failures[0] === undefined ? '' : ` (${failures[0].code})`} and has taken back what it wrote; it waits for its dead-letter queue and ends when that has its event. Why the queue does not take it: longhaul activity list ${workflowId}. To end it without, and lose the event: temporal workflow terminate -w ${workflowId}`
      : undefined,
  refusal: (workflowId) =>
    `"${workflowId}" moves one object and takes no such orders: it can be watched, or ended by longhaul abort.`,
  readReport: ({ workflowId, result }, json) => {
    if (result === undefined)
      throw new LonghaulError('ReportMissing', `The transfer "${workflowId}" has no result: see longhaul status.`);
    return Promise.resolve(json ? JSON.stringify(result) : resultText(workflowId, result));
  },
};
