/**
 * What `transferEvent` was given, before anybody has checked it: `moveObject` does that, by the schema. Until then nothing may
 * be taken for granted, because a TypeError in workflow code would be tried again for ever.
 */
import {
  addressText,
  DEFAULT_MAX_RETRIES,
  PRIORITY_KEYS,
  type DeadLetterTarget,
  type ObjectAddress,
  type TransferEvent,
  type TransferEventInput,
} from '../../../model/transfer-event';
import { routeSummary } from '../../../model/summary';
import { failure } from '../failures';

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null;
const member = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

/** The bare event, or the event and where it goes when it fails. @throws ApplicationFailure InvalidInput */
export function takenInput(input: unknown): TransferEventInput {
  if (!isObject(input) || !('event' in input) || 'eventId' in input) return { event: input as TransferEvent };
  const { event, deadLetter = null } = input;
  if (deadLetter === null) return { event: event as TransferEvent };
  if (isTarget(deadLetter)) return { event: event as TransferEvent, deadLetter };
  throw failure(
    'InvalidInput',
    'Input field "deadLetter" must be {"kind": "sqs", "queueUrl", "region"} or {"kind": "pubsub", "topic"}',
  );
}

function isTarget(value: unknown): value is DeadLetterTarget {
  const has = (name: string): boolean => typeof member(value, name) === 'string';
  return member(value, 'kind') === 'pubsub' ? has('topic') : member(value, 'kind') === 'sqs' && has('queueUrl');
}

/** Source and destination, each `s3://bucket/key` or `gs://bucket/key`. */
export function routeEnds(event: TransferEvent): [string, string] {
  const [source, destination] = [member(event, 'source'), member(event, 'destination')];
  return [textOf(source), textOf(destination)];
}

const textOf = (address: unknown): string => (isAddress(address) ? addressText(address) : 'an unknown place');

/** `s3://a/b to gs://c/d`, for summaries. */
export function routeText(event: TransferEvent): string {
  return routeSummary(...routeEnds(event));
}

const isAddress = (value: unknown): value is ObjectAddress =>
  ['provider', 'bucket', 'key'].every((name) => typeof member(value, name) === 'string');

/** What runs are found by as LonghaulProject. */
export function projectOf(event: TransferEvent): string {
  const bucket = member(member(event, 'destination'), 'bucket');
  return typeof bucket === 'string' ? bucket : 'unknown';
}

export function maxRetriesOf(event: TransferEvent): number {
  const maxRetries = member(member(event, 'metadata'), 'maxRetries');
  return typeof maxRetries === 'number' ? maxRetries : DEFAULT_MAX_RETRIES;
}

/** Undefined where the event names none. */
export function wantedPriority(event: TransferEvent): number | undefined {
  const priority = member(member(event, 'metadata'), 'priority');
  return typeof priority === 'string' ? (PRIORITY_KEYS as Readonly<Record<string, number>>)[priority] : undefined;
}

export function eventIdOf(event: TransferEvent): string | null {
  const id = member(event, 'eventId');
  return typeof id === 'string' ? id : null;
}
