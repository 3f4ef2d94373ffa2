import { normalizeLoadInput } from '../../../src/model/load-input';

const GOOD = { load_type: 'full', data_set: 'entity', path: 's3://bucket/data/' };

it('takes the input of the documentation as it is', () => {
  const input = { ...GOOD, env: 'development', s3_bucket: 'my-staging-bucket' };
  expect(normalizeLoadInput(input)).toEqual({ input });
});

it('takes null for not given', () => {
  expect(normalizeLoadInput({ ...GOOD, s3_bucket: null, env: undefined })).toEqual({ input: GOOD });
});

it.each<[string, unknown, RegExp]>([
  ['nothing', undefined, /one JSON object.*load_type.*got nothing/],
  ['a list', [GOOD], /one JSON object/],
  ['an unknown field', { ...GOOD, dataset: 'x' }, /Unknown input field "dataset" \(nearest known field: "data_set"\)/],
  ['no data set', { load_type: 'full', path: GOOD.path }, /"data_set" is missing/],
  [
    'another load type',
    { ...GOOD, load_type: 'FULL' },
    /"load_type" must be one of full, delta, sample, got the text "FULL"/,
  ],
  ['another environment', { ...GOOD, env: 'prod' }, /"env" must be one of development, staging, production/],
  ['a path without a bucket', { ...GOOD, path: '/data' }, /"path" must be s3:\/\/bucket\/prefix\//],
  [
    'a signed URL as path, which is not repeated',
    { ...GOOD, path: 's3://bucket/data?X-Amz-Signature=abc' },
    /"path" must be .*got text$/,
  ],
  [
    'an address as bucket',
    { ...GOOD, s3_bucket: 's3://bucket' },
    /"s3_bucket" must be the name of a bucket, without s3:\/\//,
  ],
  ['sample_rows of a full load', { ...GOOD, sample_rows: 10 }, /"sample_rows" goes with "load_type": "sample" alone/],
  ['a negative reject_limit', { ...GOOD, reject_limit: -1 }, /"reject_limit" must be a whole number from 0 to/],
  ['too many connections', { ...GOOD, parallelism: 1000 }, /"parallelism" must be a whole number from 1 to 64/],
  ['a run id with a slash', { ...GOOD, runId: 'a/b' }, /"runId" must be letters/],
])('refuses %s', (_, input, problem) => {
  expect(normalizeLoadInput(input)).toEqual({ problem: expect.stringMatching(problem) as unknown });
});
