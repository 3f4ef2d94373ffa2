import { normalizeIngestInput } from '../../../src/model/ingest-input';
import { ingestDay, ingestOverrides, type IngestInput } from '../../../src/model/ingest-run';

const accepted = (input: unknown): IngestInput => {
  const result = normalizeIngestInput(input);
  if ('problem' in result) throw new Error(result.problem);
  return result.input;
};
const problem = (input: unknown): string => {
  const result = normalizeIngestInput(input);
  return 'problem' in result ? result.problem : `accepted ${JSON.stringify(result.input)}`;
};

test('no input means everything from the environment', () => {
  expect(accepted(undefined)).toEqual({});
  expect(accepted({ bucket: null })).toEqual({});
});

test.each([
  [{ bucket: 'a-bucket', pathPrefix: '/x/y/', s3PartMb: 8, onCollision: 'number', skipUnchanged: true }],
  [{ bucket: 'a-bucket', path_prefix: 'x/y', s3_part_mb: 8, on_collision: 'NUMBER', skip_unchanged: true }],
  [
    {
      BUCKET_NAME: 'a-bucket',
      PATH_PREFIX: 'x/y',
      S3_PART_MB: '8',
      LONGHAUL_INGEST_ON_COLLISION: 'number',
      LONGHAUL_INGEST_SKIP_UNCHANGED: 'true',
    },
  ],
])('every spelling gives the same input: %j', (input) => {
  const expected = { bucket: 'a-bucket', pathPrefix: 'x/y', s3PartMb: 8, onCollision: 'number', skipUnchanged: true };
  expect(accepted(input)).toEqual(expected);
  expect(ingestOverrides(accepted(input))).toEqual({
    pathPrefix: 'x/y',
    s3PartMb: 8,
    onCollision: 'number',
    skipUnchanged: true,
  });
});

test.each([
  ['text', 'The input must be one JSON object, for example {"bucket": "my-bucket"}; got the text "text"'],
  [{ buckt: 'b' }, 'Unknown input field "buckt" (nearest known field: "bucket")'],
  [{ PART_MB: 5 }, 'Unknown input field "PART_MB" (nearest known field: "s3PartMb")'],
  [{ S3_PART_MB: 4 }, 'Input field "S3_PART_MB" must be a whole number of MiB from 5 to 5120, got the number 4'],
  [{ concurrency: 'two' }, 'Input field "concurrency" must be a whole number from 1 to 256, got the text "two"'],
  [{ concurrency: 1.5 }, 'Input field "concurrency" must be a whole number from 1 to 256, got the number 1.5'],
  [{ skipUnchanged: 1 }, 'Input field "skipUnchanged" must be true or false, got the number 1'],
  [{ logLevel: 'loud' }, 'Input field "logLevel" must be one of DEBUG, INFO, WARNING, ERROR, got the text "loud"'],
  [{ pathPrefix: 'a/../b' }, 'Input field "pathPrefix" must not hold "//", "." or ".." as a segment'],
  [{ bucket: 's3://x' }, 'Input field "bucket" must be the name of a bucket, got the text "s3://x"'],
  [{ date: '2025-02-30' }, 'Input field "date" must be a day of the calendar, got the text "2025-02-30"'],
  [{ date: '2025-13-01' }, 'Input field "date" must be a day of the calendar, got the text "2025-13-01"'],
  [{ date: '26.8.2025' }, 'Input field "date" must be a day as YYYY-MM-DD, got the text "26.8.2025"'],
  [{ files: 'a.csv' }, 'Input field "files" must be a list of names or URLs, got the text "a.csv"'],
  [{ files: ['a.csv', 7] }, 'Input field "files" must hold names or URLs alone; item 1 is the number 7'],
  [{ runId: 'a/b' }, 'Input field "runId" must be letters, digits, ".", "_" or "-", at most 128, got the text "a/b"'],
  [{ bucket: 'aaa', BUCKET_NAME: 'bbb' }, 'Input fields "bucket" and "BUCKET_NAME" are the same setting; give one'],
])('refuses %j', (input, expected) => {
  expect(problem(input)).toBe(expected);
});

test('a URL pasted into the wrong field is not repeated', () => {
  expect(problem({ contentType: 'https://u:secret@h/f?sig=secret' })).not.toContain('secret');
});

test('the day of the keys: as asked, else the schedule, else the start', () => {
  const started = new Date('2025-08-27T00:00:03Z');
  const scheduled = new Date('2025-08-26T23:59:59.999Z');
  expect(ingestDay('2025-01-02', scheduled, started)).toBe('2025-01-02');
  expect(ingestDay(undefined, scheduled, started)).toBe('2025-08-26');
  expect(ingestDay(undefined, undefined, started)).toBe('2025-08-27');
});
