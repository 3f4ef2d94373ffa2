/** Documents that people, queues and earlier workers write: configurations, events, checkpoints, manifests, keys. */
import * as fc from 'fast-check';
import { KeyAssigner } from '../../src/activities/lib/manifest/keys';
import { readBeat } from '../../src/activities/lib/attempt/beat';
import { fromNdjson, toNdjson } from '../../src/activities/lib/control/run-files';
import { parseEvent, parseEventText } from '../../src/bridge/event-schema';
import { readMessage } from '../../src/bridge/read-message';
import { ConfigText } from '../../src/config/config-text';
import { loadSchema } from '../../src/config/load-schema';
import { problemsOf } from '../../src/config/problems';
import { projectSchema } from '../../src/config/project-schema';
import { restoreSchema } from '../../src/config/restore-schema';
import { headLine, partLine, readJournal } from '../../src/transfer/file/journal';
import { holds, outcomeOf, pieces } from './support';

const jsonText = pieces(
  '{',
  '}',
  '[',
  ']',
  '"api_"',
  '"aws"',
  '"target_bucket"',
  ':',
  ',',
  '1',
  'null',
  'true',
  '"',
  '//',
  '/*',
  '\\',
  '\uFEFF',
  '\n',
  '"SECRET"',
);

holds(
  'a config file of any text has places, or one error that does not quote it',
  fc.oneof(jsonText, fc.json()),
  (text) => {
    const outcome = outcomeOf(() => new ConfigText('config.json', text));
    if ('refused' in outcome) {
      expect(outcome.refused.code).toBe('ConfigMalformed');
      expect(outcome.refused.message).not.toContain('SECRET');
      return;
    }
    expect(outcome.value.value).toEqual(JSON.parse(text.replace(/^\uFEFF/, '')));
    for (const key of Object.keys(outcome.value.value)) expect(outcome.value.placeOf([key])?.line).toBeGreaterThan(0);
  },
);

const BUCKET = { target_bucket: 'bucket-of-tests', target_prefix: 'a/b' };
const GOOD = { api_: { endpoint: 'https://api.test/graphql', api_key_env: 'KEY' }, aws: BUCKET };
const KEYS = [
  'api_',
  'aws',
  'transfer',
  'logging',
  'part_size_mb',
  'lanes',
  'api_key',
  '__proto__',
  'constructor',
  'max_workers',
  'allowed_hosts',
];
/** A good file with members replaced by anything, at any depth. */
const nearlyGood = fc
  .array(
    fc.tuple(
      fc.constantFrom(...KEYS),
      fc.constantFrom(...KEYS),
      fc.oneof(fc.jsonValue(), fc.integer(), fc.constant('SECRET-key')),
    ),
    { maxLength: 5 },
  )
  .map((changes) => {
    const file: Record<string, Record<string, unknown>> = JSON.parse(JSON.stringify(GOOD)) as typeof file;
    for (const [section, key, value] of changes) {
      const at = Object.hasOwn(file, section) && typeof file[section] === 'object' ? file[section] : {};
      Object.defineProperty(file, section, {
        value: { ...at, [key]: value },
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return file;
  });
for (const [name, schema] of Object.entries({ project: projectSchema, load: loadSchema, restore: restoreSchema })) {
  holds(
    `the schema of a ${name} takes any value, or names what is wrong with it`,
    fc.oneof(fc.jsonValue(), nearlyGood),
    (value) => {
      const parsed = schema.safeParse(value);
      if (parsed.success) return;
      expect(parsed.error.issues.length).toBeGreaterThan(0);
      if (name !== 'project' || typeof value !== 'object' || value === null || Array.isArray(value)) return;
      const problems = problemsOf(parsed.error.issues, value);
      expect(problems.length).toBeGreaterThan(0);
      for (const { path, text } of problems) {
        expect(text.length).toBeGreaterThan(0);
        if (path.join('.') === 'api_.api_key') expect(text).not.toContain('SECRET');
      }
    },
  );
}

const EVENT = {
  eventId: '6f1c7a52-3f2e-4d55-9c0e-0d5b5f0a2c11',
  eventType: 'FILE_TRANSFER_REQUEST',
  timestamp: '2026-01-01T00:00:00Z',
  source: { provider: 'AWS_S3', bucket: 'bucket-a', key: 'a' },
  destination: { provider: 'GCP_GCS', bucket: 'bucket-b', key: 'b' },
};
const nearlyEvent = fc
  .dictionary(fc.constantFrom(...Object.keys(EVENT), 'metadata', 'correlationId', '__proto__'), fc.jsonValue())
  .map((changes) => ({ ...EVENT, ...changes }));
holds(
  'an event is one, or has problems that can be read; nothing is thrown',
  fc.oneof(nearlyEvent, fc.anything()),
  (value) => {
    const parsed = parseEvent(value);
    if (parsed.ok) {
      expect(parseEvent(JSON.parse(JSON.stringify(parsed.event))).ok).toBe(true);
      return;
    }
    expect(parsed.problems.length).toBeGreaterThan(0);
    for (const problem of parsed.problems) expect(problem).not.toBe('');
  },
);
holds(
  'a message of any bytes is an event or none',
  fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    jsonText,
    nearlyEvent.map((event) => JSON.stringify({ Message: JSON.stringify(event), Type: 'Notification' })),
  ),
  (body) => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
    const read = readMessage(bytes, {});
    if (!read.ok) expect(read.problems.length).toBeGreaterThan(0);
    expect(typeof parseEventText(bytes.toString('utf8')).ok).toBe('boolean');
  },
);

const checkpoint = fc.record(
  {
    v: fc.constantFrom(1, 2, '1'),
    uploadId: fc.oneof(fc.string(), fc.integer()),
    version: fc.jsonValue(),
    partSizeBytes: fc.jsonValue(),
    bytes: fc.oneof(fc.nat(), fc.jsonValue()),
    parts: fc.oneof(fc.nat(), fc.jsonValue()),
    sentBytes: fc.oneof(fc.nat(), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const beat = fc.record(
  {
    v: fc.constantFrom(1, 2, null),
    checkpoint: fc.oneof(checkpoint, fc.jsonValue()),
    progressAtMs: fc.oneof(fc.nat(), fc.jsonValue()),
    failures: fc.oneof(fc.nat(), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
holds(
  'heartbeat details of any worker: what can be counted on, or a clean start',
  fc.oneof(beat, fc.anything()),
  (details) => {
    const read = readBeat(details);
    if (read === undefined) return;
    expect([read.v, typeof read.progressAtMs, typeof read.failures]).toEqual([1, 'number', 'number']);
    if (read.checkpoint === null) return;
    const { bytes, parts, sentBytes, uploadId } = read.checkpoint;
    for (const count of [bytes, parts, sentBytes]) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
    expect(['string', 'undefined']).toContain(typeof uploadId);
  },
);

holds(
  'a page of a manifest is read as it was written',
  fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 20 }),
  (lines) => {
    expect(fromNdjson(toNdjson(lines), 'page')).toEqual(JSON.parse(JSON.stringify(lines)));
  },
);
holds('a damaged page is an error of the table', fc.oneof(jsonText, fc.string()), (text) => {
  const outcome = outcomeOf(() => fromNdjson(text, 's3://bucket/page'));
  if ('value' in outcome) {
    expect(outcome.value.length).toBeLessThanOrEqual(text.split('\n').length);
    return;
  }
  expect(outcome.refused.code).toBe('FileMalformed');
  expect(outcome.refused.message).toContain('s3://bucket/page');
});

const HEAD = headLine({ transferId: 't', partSizeBytes: 10, sizeBytes: 30, metadata: undefined });
holds(
  'a journal with anything after its head tells of parts that were written to it, and of no others',
  fc.tuple(fc.array(fc.nat({ max: 3 }), { maxLength: 4 }), pieces('1', ' ', '10', 'abcdef01', '\n', '\0')),
  ([numbers, noise]) => {
    const parts = numbers.map((number) => ({ number: number + 1, bytes: 10, crc32: 7 * number, etag: '' }));
    const read = readJournal(`${HEAD}${parts.map(partLine).join('')}${noise}`, HEAD) ?? [];
    expect(read.map(({ number }) => number)).toEqual(
      [...new Set(parts.map(({ number }) => number))].sort((a, b) => a - b),
    );
  },
);

const name = pieces(
  'a',
  'B',
  '.',
  '..',
  '/',
  '//',
  ' ',
  'é',
  '%2F',
  '\\',
  '{run}',
  '{dataset}',
  '\n',
  '_longhaul',
  '_SUCCESS',
);
const template = pieces('{target_prefix}', '{dataset}', '{filename}', '{run}', '{export_id}', '{unknown}', '/', '-');
holds(
  'keys: each once, within S3’s limit, never among the run’s own files',
  fc.tuple(fc.array(fc.tuple(name, name, fc.webUrl()), { minLength: 1, maxLength: 8 }), template),
  ([records, given]) => {
    const assigner = new KeyAssigner({
      targetPrefix: 'pre',
      controlPrefix: 'pre/_longhaul',
      template: given,
      run: 'run-1',
      exportId: 'a+/=',
    });
    const keys: string[] = [];
    for (const [n, [dataset, fileName, source]] of records.entries()) {
      const outcome = outcomeOf(() => assigner.assign({ kind: 'url', dataset, source, fileName }, n));
      if ('refused' in outcome) expect(['RecordInvalid', 'KeyTooLong']).toContain(outcome.refused.code);
      else keys.push(outcome.value.key);
    }
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) {
      expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1_024);
      expect(key.startsWith('pre/_longhaul/')).toBe(false);
      expect(key.split('/').slice(0, -1)).not.toContain('..');
    }
  },
);
