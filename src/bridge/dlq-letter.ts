/** What lies in a dead-letter queue, and what its readers can do with it. */
import type { DlqEnvelope } from '../model/transfer-event';
import { type ParsedEvent, parseEvent, parseEventText } from './event-schema';
import { wholeBody } from './dlq-text';

export interface DeadLetter {
  /** The queue's own id of the message. */
  readonly id: string;
  /** Null where the message is none of ours: put there by hand, or by the queue's own redrive policy. */
  readonly envelope: DlqEnvelope | null;
  /** The message as it lies there. */
  readonly text: string;
  readonly sentAt: Date | null;
}

/** Hidden from other readers for a minute; give it back or remove it. */
export interface HeldLetter extends DeadLetter {
  /** Names this holding of it. */
  readonly handle: string;
}

export interface DlqReader {
  readonly kind: 'sqs' | 'pubsub';
  readonly display: string;
  /** Takes hold of up to `max` letters, at most a batch of the queue; none: there is none that nobody holds. */
  hold(max: number): Promise<HeldLetter[]>;
  release(letters: readonly HeldLetter[]): Promise<void>;
  /** Deletes it for good. */
  remove(letter: HeldLetter): Promise<void>;
  /** How many letters there are, about; null where the service does not say. */
  depth(): Promise<number | null>;
  close(): Promise<void>;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What was written by this or another version of Longhaul; members that nobody needs here are not looked at. */
const isEnvelope = (value: unknown): value is DlqEnvelope =>
  isObject(value) &&
  isObject(value.error) &&
  typeof value.error.code === 'string' &&
  typeof value.error.message === 'string' &&
  typeof value.failedAt === 'string' &&
  (isObject(value.event) || typeof value.body === 'string');

export const letterOf = (id: string, text: string, sentAt: Date | null): DeadLetter => {
  const value = parseJson(text);
  return { id, text, sentAt, envelope: isEnvelope(value) ? value : null };
};

/** The event of a letter: its own, or what its body holds, checked as it would be on its way in. */
export const eventOf = ({ envelope, text }: DeadLetter): ParsedEvent => {
  if (envelope === null) return parseEventText(text);
  if (envelope.event !== undefined) return parseEvent(envelope.event);
  const body = wholeBody(envelope);
  if (body !== null) return parseEventText(body.toString('utf8'));
  const problems = [
    'the body was cut when it was put here; send the whole event again, or give it with --event <file>',
  ];
  return { ok: false, problems, eventId: null, correlationId: null };
};

/** The id of the letter's event, valid or not, in lower case; null where it has none. */
export const eventIdOf = (letter: DeadLetter): string | null => {
  const parsed = eventOf(letter);
  const id = parsed.ok ? parsed.event.eventId : parsed.eventId;
  return id?.toLowerCase() ?? null;
};
