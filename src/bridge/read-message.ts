/** What a message asks for: an event, or why it is none. */
import { parseEventText, type ParsedEvent } from './event-schema';
import { unwrap } from './unwrap';

/**
 * An event lives in workflow history and in the inputs of its activities: what is larger is not an event but a file, and
 * Temporal would refuse it from 2 MiB on. (SQS takes 1 MiB, Pub/Sub 10 MB.)
 */
export const MAX_EVENT_BYTES = 256 * 1024;

const refused = (problem: string): ParsedEvent => ({
  ok: false,
  problems: [problem],
  eventId: null,
  correlationId: null,
});

/** `attributes`: those that the queue keeps beside the body. Never throws. */
export const readMessage = (body: Buffer, attributes: Readonly<Record<string, string>> = {}): ParsedEvent => {
  // Before anything is parsed: a body of 10 MB would hold up the event loop, and with it every lease.
  if (body.length > MAX_EVENT_BYTES) {
    return refused(`the message has ${body.length} bytes, an event at most ${MAX_EVENT_BYTES}`);
  }
  const unwrapped = unwrap(body, attributes);
  if (unwrapped.kind === 'foreign') return refused(`this is ${unwrapped.what}: ${unwrapped.hint}`);
  return parseEventText(unwrapped.body.toString('utf8'));
};
