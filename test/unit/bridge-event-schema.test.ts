import { parseEvent, parseEventText, transferEventJsonSchema } from '../../src/bridge/event-schema';
import { addressText, priorityKey, replayCommand, transferWorkflowId } from '../../src/model/transfer-event';

const EVENT = {
  schemaVersion: '1.0.0',
  eventId: '550e8400-e29b-41d4-a716-446655440000',
  correlationId: '7c9b5a3e-4f2d-4b8e-9c7a-2d1e3f4a5b6c',
  timestamp: '2024-01-15T10:30:00Z',
  source: { provider: 'aws_s3', bucket: 'source-data', key: 'data/2024/01/file.parquet', region: 'us-east-1' },
  destination: { provider: 'gcp_gcs', bucket: 'destination_data', key: 'imports/file.parquet', region: 'us-central1' },
  metadata: {
    contentType: 'application/octet-stream',
    checksumSHA256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    maxRetries: 3,
    priority: 'normal',
  },
};

const problems = (value: unknown): readonly string[] => {
  const parsed = parseEvent(value);
  return parsed.ok ? [] : parsed.problems;
};

/** The event with one member set, by its path. */
const withMember = (path: string, value: unknown): unknown => {
  const copy = structuredClone(EVENT) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() ?? '';
  const at = names.reduce<Record<string, unknown>>((object, name) => object[name] as Record<string, unknown>, copy);
  at[last] = value;
  return copy;
};

test('an event as the guide shows it is taken as it is', () => {
  expect(parseEvent(EVENT)).toEqual({ ok: true, event: EVENT });
  expect(parseEventText(JSON.stringify(EVENT))).toEqual({ ok: true, event: EVENT });
});

test('metadata is optional, and so is each of its members; null counts as absent', () => {
  const { metadata, ...bare } = EVENT;
  expect(metadata.maxRetries).toBe(3);
  expect(parseEvent(bare)).toEqual({ ok: true, event: bare });
  expect(parseEvent({ ...bare, metadata: null })).toEqual({ ok: true, event: bare });
  const nulls = { contentType: null, checksumSHA256: null, maxRetries: null, priority: null, ifExists: null };
  expect(parseEvent({ ...bare, metadata: { ...nulls, verify: null, team: 'x' } })).toEqual({
    ok: true,
    event: { ...bare, metadata: { team: 'x' } },
  });
});

test('members that nobody knows are kept', () => {
  const event = { ...EVENT, tenant: 'blue', source: { ...EVENT.source, etag: '"x"' } };
  expect(parseEvent(event)).toEqual({ ok: true, event });
});

test('everything that is missing is named at once', () => {
  expect(problems({})).toEqual([
    'schemaVersion is missing',
    'eventId is missing',
    'correlationId is missing',
    'timestamp is missing',
    'source is missing',
    'destination is missing',
  ]);
  expect(problems({ ...EVENT, source: {}, destination: { provider: 'aws_s3' } })).toEqual([
    'source.provider is missing',
    'source.bucket is missing',
    'source.key is missing',
    'source.region is missing',
    'destination.bucket is missing',
    'destination.key is missing',
    'destination.region is missing',
  ]);
});

test.each([
  ['schemaVersion', '2.0.0', 'schemaVersion must be 1.x: this version of Longhaul knows no other'],
  ['schemaVersion', '10.0.0', 'schemaVersion must be 1.x: this version of Longhaul knows no other'],
  ['schemaVersion', 1, 'schemaVersion must be text'],
  ['eventId', '550e8400', 'eventId must be a UUID'],
  ['correlationId', 'none', 'correlationId must be a UUID'],
  ['timestamp', 'yesterday', 'timestamp must be a date and time of ISO 8601, such as 2024-01-15T10:30:00Z'],
  ['source.provider', 'azure', 'source.provider must be aws_s3 or gcp_gcs'],
  ['source.bucket', 'a/b', 'source.bucket must be the name of a bucket'],
  ['source.key', '', 'source.key must be at least 1'],
  ['source.key', 'é'.repeat(513), 'source.key must be at most 1024 bytes of UTF-8'],
  ['destination.key', 'a\nb', 'destination.key must hold no control characters'],
  ['destination.region', 'a b', 'destination.region must be the name of a region'],
  ['metadata', 'high', 'metadata must be an object'],
  ['metadata.contentType', 'text/csv\r\nx: y', 'metadata.contentType must be a media type, such as text/csv'],
  ['metadata.checksumSHA256', 'abc', 'metadata.checksumSHA256 must be 64 hexadecimal digits'],
  ['metadata.maxRetries', 11, 'metadata.maxRetries must be at most 10'],
  ['metadata.maxRetries', -1, 'metadata.maxRetries must be at least 0'],
  ['metadata.maxRetries', 1.5, 'metadata.maxRetries must be a whole number'],
  ['metadata.priority', 'urgent', 'metadata.priority must be low or normal or high'],
  ['metadata.ifExists', 'fail', 'metadata.ifExists must be overwrite or ifAbsent'],
  ['metadata.verify', 'twice', 'metadata.verify must be read-back'],
])('%s = %p is refused in one sentence', (path, value, sentence) => {
  expect(problems(withMember(path, value))).toEqual([sentence]);
});

test.each(['1', '1.0', '1.7', '1.12.3'])('schema version %s is known', (version) => {
  expect(problems({ ...EVENT, schemaVersion: version })).toEqual([]);
});

test('a source that is its own destination is refused; the same key elsewhere is not', () => {
  expect(problems({ ...EVENT, destination: EVENT.source })).toEqual(['destination must not be the source itself']);
  expect(problems({ ...EVENT, destination: { ...EVENT.source, bucket: 'another' } })).toEqual([]);
});

test.each(['', 'hello', '[]', '"text"', 'null', '{"eventId":'])(
  'the message %j is refused, never thrown at',
  (text) => {
    const parsed = parseEventText(text);
    expect(parsed).toMatchObject({ ok: false, eventId: null });
    expect(parsed.ok ? '' : parsed.problems.join()).toMatch(/not JSON|must be one JSON object/);
  },
);

test('ids are told where the rest of the message is wrong', () => {
  const { eventId, correlationId } = EVENT;
  expect(parseEvent({ eventId, correlationId })).toMatchObject({ ok: false, eventId, correlationId });
});

test('the JSON Schema has the required members and leaves room for others', () => {
  expect(transferEventJsonSchema()).toMatchObject({
    type: 'object',
    required: ['schemaVersion', 'eventId', 'correlationId', 'timestamp', 'source', 'destination'],
    additionalProperties: {},
  });
});

test('one event has one workflow id, however its UUID is written', () => {
  expect(transferWorkflowId(EVENT.eventId.toUpperCase())).toBe(`transfer-event/${EVENT.eventId}`);
  expect(addressText(parseable('source'))).toBe('s3://source-data/data/2024/01/file.parquet');
  expect(addressText(parseable('destination'))).toBe('gs://destination_data/imports/file.parquet');
  expect(priorityKey({})).toBe(3);
  expect(priorityKey({ metadata: { priority: 'high' } })).toBe(1);
  expect(priorityKey({ metadata: { priority: 'low' } })).toBe(5);
  expect(replayCommand(EVENT.eventId)).toContain(EVENT.eventId);
});

const parseable = (side: 'source' | 'destination') => {
  const parsed = parseEvent(EVENT);
  if (!parsed.ok) throw new Error('the example is an event');
  return parsed.event[side];
};
