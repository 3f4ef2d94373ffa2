/** Errors: events that ask for a transfer, and the queues they come from. */
import { entry, type ErrorEntry } from './entry';

export const BRIDGE_ERRORS = {
  EventInvalid: entry(
    'usage',
    false,
    'operator',
    'A message is not a transfer event of schema version 1.x.',
    'Correct what the message names (configs/transfer-event.schema.json) at its sender; check with: longhaul event validate <file>',
  ),
} as const satisfies Record<string, ErrorEntry>;
