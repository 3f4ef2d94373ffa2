/** The body of `longhaul event validate`. */
import { readFile } from 'node:fs/promises';
import { parseEventText } from '../../../bridge/event-schema';
import { LonghaulError } from '../../../model/errors';
import { addressText, transferWorkflowId } from '../../../model/transfer-event';
import type { Output } from '../print/output';

/** Throws InvalidInput where the file cannot be read, EventInvalid with everything that is wrong. */
export const validateEvent = async (output: Output, file: string): Promise<void> => {
  const parsed = parseEventText(await textOf(output, file));
  if (!parsed.ok) throw new LonghaulError('EventInvalid', `${file}: ${parsed.problems.join('; ')}.`);
  const { event } = parsed;
  const workflowId = transferWorkflowId(event.eventId);
  output.data({ valid: true, workflowId, event }, () =>
    [
      `event      ${event.eventId} is valid`,
      `moves      ${addressText(event.source)}`,
      `to         ${addressText(event.destination)}`,
      `workflow   ${workflowId}`,
    ].join('\n'),
  );
};

const textOf = async (output: Output, file: string): Promise<string> => {
  if (file === '-') return output.io.readStdin();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LonghaulError('InvalidInput', `${file} cannot be read: ${reason}.`);
  }
};
