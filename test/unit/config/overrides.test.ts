import { NOT_OVERRIDABLE } from '../../../src/config/overrides';
import { ConfigDir, errorOf, file } from './support';

let dir: ConfigDir;
beforeEach(() => {
  dir = new ConfigDir();
});
afterEach(() => {
  dir.remove();
});

test('values of a command line take the type of the key', () => {
  const config = dir.load(file({ aws: { endpoint: 'http://127.0.0.1:1' } }), {
    'aws.max_workers': '4',
    'aws.force_path_style': 'false',
    'aws.endpoint': 'null',
    'aws.target_prefix': '2024',
    'api_.poll_interval_sec': '0.5',
    'transfer.tolerated_failures': '12',
    'logging.level': 'DEBUG',
  });
  expect(config).toMatchObject({
    aws: { maxWorkers: 4, forcePathStyle: false, endpoint: null, targetPrefix: '2024' },
    api: { pollIntervalMs: 500 },
    transfer: { toleratedFailures: { count: 12 } },
    logging: { level: 'DEBUG' },
  });
});

test('values of a JSON input are taken as they are; a number may stand for a text', () => {
  const config = dir.load(file(), {
    'aws.max_workers': 4,
    'aws.target_prefix': 2024,
    'transfer.tolerated_failures': '5%',
  });
  expect(config).toMatchObject({
    aws: { maxWorkers: 4, targetPrefix: '2024' },
    transfer: { toleratedFailures: { percent: 5 } },
  });
});

test.each(NOT_OVERRIDABLE)('%s is refused', (name) => {
  const error = errorOf(() => dir.load(file(), { [name]: 'a-value' }));
  expect(error).toMatchObject({ code: 'InvalidInput', exitCode: 2 });
  expect(error.message).toContain(`Setting "${name}" cannot be overridden`);
  expect(error.message).not.toContain('a-value');
});

test('the secrets and what decides about trust are the ones refused', () => {
  expect([...NOT_OVERRIDABLE].sort()).toEqual([
    'api_.api_key',
    'api_.api_key_env',
    'api_.endpoint',
    'api_.provider',
    'aws.access_key_id',
    'aws.secret_access_key',
    'aws.session_token',
    'transfer.allowed_hosts',
  ]);
});

test.each<[string, string | number, RegExp]>([
  ['aws.max_wokers', 4, /Unknown setting "aws\.max_wokers" \(nearest known key: "aws\.max_workers"\)/],
  ['__proto__.x', 1, /Unknown setting/],
  ['$schema', 'x', /Unknown setting/],
  ['aws.max_workers', 'many', /Override of aws\.max_workers: expected whole number/],
  ['aws.max_workers', 1000, /Override of aws\.max_workers: .*at most 256/],
  ['aws.kms_key_id', 'k', /Override of aws\.kms_key_id needs/],
])('%s = %j is InvalidInput', (name, value, message) => {
  const error = errorOf(() => dir.load(file(), { [name]: value }));
  expect(error.code).toBe('InvalidInput');
  expect(error.message).toMatch(message);
});
