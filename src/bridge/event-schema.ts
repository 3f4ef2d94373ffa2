/**
 * What a transfer event looks like. The JSON Schema for producers (configs/transfer-event.schema.json) is made from this,
 * and every way in (queue, command line, `temporal workflow start`) is checked by it.
 */
import { z } from 'zod';
import { IF_EXISTS_MODES, MAX_RETRIES_LIMIT, PRIORITIES, PROVIDERS, type TransferEvent } from '../model/transfer-event';

/** Of S3 and of GCS, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;
/** Both stores' rules for names, without what only one of them refuses: that one's own answer says it better. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,220}[A-Za-z0-9]$/;
const REGION = /^[A-Za-z0-9-]{1,64}$/;
/** RFC 9110 section 8.3.1, one line of printable ASCII: it becomes a header. */
const MEDIA_TYPE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: *;[\x20-\x7e]*)?$/;
/** GCS refuses carriage return and line feed, S3's XML cannot carry the other control characters. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

const sizeBytes = (text: string): number => new TextEncoder().encode(text).length;

const address = (what: string) =>
  z
    .looseObject({
      provider: z.enum(PROVIDERS).describe('Which store.'),
      bucket: z.string().regex(BUCKET, 'must be the name of a bucket').describe('The bucket.'),
      key: z
        .string()
        .min(1)
        .refine((key) => sizeBytes(key) <= MAX_KEY_BYTES, `must be at most ${MAX_KEY_BYTES} bytes of UTF-8`)
        .refine((key) => !CONTROL.test(key), 'must hold no control characters')
        .describe('The key of the object, at most 1,024 bytes of UTF-8, without a leading bucket.'),
      region: z
        .string()
        .regex(REGION, 'must be the name of a region')
        .describe('Region of the bucket. For GCS it says only where the bucket is.'),
    })
    .describe(what);

const metadata = z.looseObject({
  contentType: z
    .string()
    .max(255)
    .regex(MEDIA_TYPE, 'must be a media type, such as text/csv')
    .nullish()
    .describe('Content type of the destination; that of the source where absent.'),
  checksumSHA256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
    .nullish()
    .describe('SHA-256 of the object. It is compared with the bytes moved before the destination is visible.'),
  maxRetries: z
    .int()
    .min(0)
    .max(MAX_RETRIES_LIMIT)
    .nullish()
    .describe('Tries after the first one, for failures that may pass; 3 where absent.'),
  priority: z.enum(PRIORITIES).nullish().describe('Which transfers go first where many wait; normal where absent.'),
  ifExists: z
    .enum(IF_EXISTS_MODES)
    .nullish()
    .describe('`ifAbsent`: an object that is at the destination already is left, and the transfer fails.'),
  verify: z
    .literal('read-back')
    .nullish()
    .describe('Asks for the stored object once more and compares it; needs leave to read the destination.'),
});

const transferEventSchema = z
  .looseObject({
    schemaVersion: z
      .string()
      .regex(/^1(\.\d{1,9}){0,2}$/, 'must be 1.x: this version of Longhaul knows no other')
      .describe('Version of this format: 1.x.'),
    eventId: z.guid('must be a UUID').describe('Names the event: the same id again is the same event, moved once.'),
    correlationId: z.guid('must be a UUID').describe('What the event belongs to; in every log line of the transfer.'),
    timestamp: z.iso
      .datetime({ offset: true, error: 'must be a date and time of ISO 8601, such as 2024-01-15T10:30:00Z' })
      .describe('When the event was sent, ISO 8601.'),
    source: address('The object to read.'),
    destination: address('The object to write.'),
    metadata: metadata.nullish().describe('All of it is optional.'),
  })
  .refine(({ source, destination }) => !isSame(source, destination), {
    path: ['destination'],
    message: 'must not be the source itself',
  });

type Address = z.infer<ReturnType<typeof address>>;

const isSame = (a: Address, b: Address): boolean =>
  a.provider === b.provider && a.bucket === b.bucket && a.key === b.key;

export type ParsedEvent =
  | { readonly ok: true; readonly event: TransferEvent }
  | {
      readonly ok: false;
      /** One sentence for each thing that is wrong, all of them. */
      readonly problems: readonly string[];
      /** Where the event has got that far: so that an operator finds it. */
      readonly eventId: string | null;
      readonly correlationId: string | null;
    };

/** Checks a message of a queue, or a file. Never throws. */
export function parseEventText(text: string): ParsedEvent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, problems: [`not JSON: ${reason}`], eventId: null, correlationId: null };
  }
  return parseEvent(value);
}

/** Checks an event and leaves out members of `metadata` that are null; members that nobody knows are kept. Never throws. */
export function parseEvent(value: unknown): ParsedEvent {
  const parsed = transferEventSchema.safeParse(value);
  if (parsed.success) return { ok: true, event: withoutNulls(parsed.data) };
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) => problemText(issue, value)),
    eventId: uuidOf(value, 'eventId'),
    correlationId: uuidOf(value, 'correlationId'),
  };
}

function withoutNulls(event: z.infer<typeof transferEventSchema>): TransferEvent {
  const { metadata: given, ...rest } = event;
  if (given === undefined || given === null) return rest;
  const present = Object.entries(given).filter(([, member]) => member !== null && member !== undefined);
  return { ...rest, metadata: Object.fromEntries(present) };
}

/** "source.bucket is missing", "metadata.maxRetries …": the path first, as everywhere. */
function problemText(issue: z.core.$ZodIssue, value: unknown): string {
  const path = issue.path.map(String).join('.');
  const given = issue.path.reduce<unknown>((at, name) => (isObject(at) ? at[String(name)] : undefined), value);
  if (path === '') return 'the event must be one JSON object';
  if (given === undefined) return `${path} is missing`;
  return `${path} ${REASONS[issue.code]?.(issue) ?? issue.message}`;
}

/** Zod's own sentences begin with a capital and speak to developers. */
const REASONS: Readonly<Record<string, (issue: z.core.$ZodIssue) => string>> = {
  invalid_type: (issue) => ('expected' in issue ? `must be ${EXPECTED[String(issue.expected)] ?? 'another type'}` : ''),
  invalid_value: (issue) => ('values' in issue ? `must be ${issue.values.map(String).join(' or ')}` : ''),
  too_small: (issue) => ('minimum' in issue ? `must be at least ${String(issue.minimum)}` : ''),
  too_big: (issue) => ('maximum' in issue ? `must be at most ${String(issue.maximum)}` : ''),
};
const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function uuidOf(value: unknown, name: string): string | null {
  const id = isObject(value) ? value[name] : undefined;
  return typeof id === 'string' && UUID.test(id) ? id : null;
}

/** JSON Schema (draft 2020-12) for producers and editors. */
export const transferEventJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(transferEventSchema, { io: 'input' });
