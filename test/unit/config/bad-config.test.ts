import { ConfigDir, errorOf, file } from './support';

let dir: ConfigDir;
beforeEach(() => {
  dir = new ConfigDir();
});
afterEach(() => {
  dir.remove();
});

const faultOf = (content: unknown): string => {
  const error = errorOf(() => dir.load(content));
  expect(error.code).toBe('ConfigInvalid');
  expect(error.exitCode).toBe(3);
  return error.message;
};

describe('text that is not JSON', () => {
  test.each([
    ['a comma too many', '{\n  "api_": {\n    "endpoint": "x",\n  }\n}', 'line 4, column 3'],
    ['a comma too few', '{\n  "api_": {}\n  "aws": {}\n}', 'line 3, column 3'],
    ['a comment', '{\n  // note\n}', 'line 2, column 3'],
    ['an open brace', '{ "api_": { ', 'line 1'],
    ['text after the end', '{}\n{}', 'line 2, column 1'],
    ['an open string', '{ "a": "b', 'line 1, column 8'],
    ['nothing', '', 'line 1, column 1'],
    ['a list', '[]', 'line 1, column 1'],
    ['null', 'null', 'line 1, column 1'],
  ])('%s', (_name, text, place) => {
    const error = errorOf(() => dir.load(text));
    expect(error).toMatchObject({ code: 'ConfigMalformed', exitCode: 3 });
    expect(error.message).toContain(place);
    expect(error.message).toContain('config.json');
  });

  test('the message does not quote the file, which may hold a secret', () => {
    const error = errorOf(() => dir.load('{ "api_": { "api_key": "the-secret-key" "x": 1 } }'));
    expect(error.message).not.toContain('the-secret-key');
  });

  test('a byte order mark is no fault', () => {
    expect(dir.load(`\uFEFF${JSON.stringify(file())}`).aws.targetBucket).toBe('a-bucket');
  });
});

describe('unknown keys name the nearest known one', () => {
  test.each<[Record<string, unknown>, string, string]>([
    [{ aws: { max_wokers: 3 } }, '"aws.max_wokers"', '"aws.max_workers"'],
    [{ api_: { apikey: 'x' } }, '"api_.apikey"', '"api_.api_key"'],
    [{ transfer: { max_workers: 3 } }, '"transfer.max_workers"', '"aws.max_workers"'],
    [{ awz: {} }, '"awz"', '"aws"'],
    [{ max_workers: 4 }, '"max_workers"', '"aws.max_workers"'],
  ])('%j', (changes, unknown, nearest) => {
    const message = faultOf({ ...file(), ...changes });
    expect(message).toContain(`unknown key ${unknown} (nearest known key: ${nearest})`);
  });

  test('"$schema" is known', () => {
    expect(dir.load({ $schema: '../project.schema.json', ...file() }).project).toBe('p');
  });
});

describe('wrong values name the key, what was expected and what is there', () => {
  test.each<[string, Parameters<typeof file>[0], RegExp]>([
    [
      'a word for a number',
      { aws: { max_workers: 'many' } },
      /aws\.max_workers: expected whole number .* got string "many"/,
    ],
    ['too many workers', { aws: { max_workers: 257 } }, /aws\.max_workers: expected .*at most 256.* got number 257/],
    ['no workers', { aws: { max_workers: 0 } }, /aws\.max_workers: expected .*at least 1.* got number 0/],
    ['half a worker', { aws: { max_workers: 1.5 } }, /aws\.max_workers: expected whole number/],
    ['null for a number', { aws: { max_workers: null } }, /aws\.max_workers: .* got null/],
    ['parts below the limit of S3', { aws: { part_size_mb: 4 } }, /aws\.part_size_mb: .*at least 5/],
    ['an unknown level', { logging: { level: 'LOUD' } }, /logging\.level: expected one of "DEBUG".*got string "LOUD"/],
    ['a list for a text', { aws: { target_bucket: [] } }, /aws\.target_bucket: expected string, got array/],
    ['pages too long for a batch', { transfer: { page_records: 401 } }, /transfer\.page_records: .*at most 400/],
    ['a percentage above 100', { transfer: { tolerated_failures: '101%' } }, /transfer\.tolerated_failures: .*"5%"/],
    ['an endpoint that is no URL', { api_: { endpoint: 'us.api' } }, /api_\.endpoint: must be an absolute http/],
    ['an endpoint with a query', { api_: { endpoint: 'https://a.test/?key=1' } }, /api_\.endpoint: must be/],
    [
      'a host with a scheme',
      { transfer: { allowed_hosts: ['http://a'] } },
      /transfer\.allowed_hosts\.0: must be a host/,
    ],
    ['a wrong block', { transfer: { allowed_hosts: ['10.0.0.0/33'] } }, /transfer\.allowed_hosts\.0/],
    ['a prefix that climbs', { aws: { target_prefix: 'a/../b' } }, /aws\.target_prefix: must not hold "\." or "\.\."/],
    ['a prefix with a hole', { aws: { target_prefix: 'a//b' } }, /aws\.target_prefix: .*empty segment/],
    ['a URI as a prefix', { aws: { target_prefix: 's3://b/p' } }, /aws\.target_prefix: must be a key prefix/],
    [
      'a template outside the prefix',
      { aws: { key_template: '{dataset}/{filename}' } },
      /must begin with \{target_prefix\}/,
    ],
    ['a template without the name', { aws: { key_template: '{target_prefix}/{dataset}' } }, /must hold \{filename\}/],
    ['an unknown field', { aws: { key_template: '{target_prefix}/{date}/{filename}' } }, /knows no \{date\}/],
    [
      'a key id without its secret',
      { aws: { access_key_id: 'AKIA' } },
      /aws\.access_key_id needs aws\.secret_access_key/,
    ],
    ['a secret without its id', { aws: { secret_access_key: 'x' } }, /aws\.secret_access_key needs aws\.access_key_id/],
    ['a KMS key without KMS', { aws: { kms_key_id: 'k' } }, /aws\.kms_key_id needs/],
    ['a cleanup of the whole bucket', { aws: { cleanup: 'prefix', target_prefix: '' } }, /aws\.cleanup .*whole bucket/],
    ['records among manifests', { aws: { control_prefix: 'a/prefix/' } }, /aws\.control_prefix must differ/],
  ])('%s', (_name, changes, expected) => {
    expect(faultOf(file(changes))).toMatch(expected);
  });

  test('missing sections and keys', () => {
    const message = faultOf({ api_: {} });
    expect(message).toContain('api_.endpoint is missing');
    expect(message).toContain('aws is missing');
  });

  test('a key that is given twice', () => {
    const text = JSON.stringify(file()).replace('"target_bucket"', '"target_bucket":"other","target_bucket"');
    expect(faultOf(text)).toContain('aws.target_bucket is given twice (line 1');
  });

  test('all problems in one message, in the order of the file, with their places', () => {
    const message = faultOf(file({ api_: { poll_interval_sec: 'x' }, aws: { max_workers: -1, regoin: 'y' } }));
    const order = ['api_.poll_interval_sec', 'aws.max_workers', 'aws.regoin'].map((key) => message.indexOf(key));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    expect(message).toMatch(/aws\.max_workers.*\(line 10, column 5\)/);
  });

  test('no message repeats the value of a secret or of a field that a key was pasted into', () => {
    const value = '0f8fad5b-d9cb-469f-a165-70867728950e';
    const message = faultOf(
      file({ api_: { api_key_env: value, api_key: [value] }, aws: { session_token: { value } } }),
    );
    expect(message).toContain('api_.api_key_env: must be the name of an environment variable, got string');
    expect(message).not.toContain(value);
  });
});
