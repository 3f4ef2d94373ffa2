import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { loadProject, listProjects, requireApiKey } from '../../../src/config/project';
import { ConfigDir, errorOf, file } from './support';

const SAMPLES = path.join(__dirname, '../../../configs');

let dir: ConfigDir;
beforeEach(() => {
  dir = new ConfigDir();
});
afterEach(() => {
  dir.remove();
});

describe('the sample project', () => {
  test('loads unchanged', () => {
    const config = loadProject('project_01', { configDir: SAMPLES, env: { RAPID7_API_KEY_PROJECT_01: 'abc' } });
    expect(config).toMatchObject({
      project: 'project_01',
      api: { provider: 'rapid7', pollIntervalMs: 30_000, exportTimeoutMs: 3_600_000, httpTimeoutMs: 60_000 },
      aws: {
        targetBucket: 'proj01-target-bucket',
        targetPrefix: 'proj01/rapid7/data',
        controlPrefix: 'proj01/rapid7/data/_longhaul',
        region: 'us-east-1',
        credentials: { kind: 'default' },
        maxWorkers: 16,
        httpDownloadTimeoutMs: 300_000,
      },
      logging: { level: 'INFO' },
    });
    expect(config.api.apiKey?.reveal()).toBe('abc');
  });
});

describe('defaults and units', () => {
  test('a file with the three required keys gets every default', () => {
    const { aws, transfer, api } = dir.load(file());
    expect(aws).toMatchObject({
      region: 'us-east-1',
      endpoint: null,
      forcePathStyle: false,
      partSizeBytes: 16 * 1024 ** 2,
      publish: 'atomic',
      cleanup: 'run',
      keyTemplate: '{target_prefix}/{dataset}/{filename}',
      serverSideEncryption: null,
    });
    expect(transfer).toEqual({
      onError: 'abort',
      toleratedFailures: { count: 0 },
      allowedHosts: [],
      maxBytesPerSec: null,
      lanes: 4,
      maxLanes: 8,
      pageRecords: 300,
      stallTimeoutMs: 30_000,
      retryForMs: 900_000,
      copyPartThresholdBytes: 4768 * 1024 ** 2,
    });
    expect(api.organizationId).toBeNull();
  });

  test('the region comes from the worker where the file gives none', () => {
    expect(dir.load(file({ aws: { region: null } }), {}, { AWS_REGION: 'eu-west-3' }).aws.region).toBe('eu-west-3');
    expect(dir.load(file({ aws: { region: 'eu-west-1' } }), {}, { AWS_REGION: 'eu-west-3' }).aws.region).toBe(
      'eu-west-1',
    );
  });

  test('a store of its own is asked in path style unless the file says otherwise', () => {
    const endpoint = 'http://127.0.0.1:7070';
    expect(dir.load(file({ aws: { endpoint } })).aws.forcePathStyle).toBe(true);
    expect(dir.load(file({ aws: { endpoint, force_path_style: false } })).aws.forcePathStyle).toBe(false);
  });

  test.each([
    ['/a/b/', 'a/b', 'a/b/_longhaul'],
    ['', '', '_longhaul'],
    ['/', '', '_longhaul'],
  ])('target_prefix %j becomes %j, control prefix %j', (given, targetPrefix, controlPrefix) => {
    expect(dir.load(file({ aws: { target_prefix: given } })).aws).toMatchObject({ targetPrefix, controlPrefix });
  });

  test.each([
    [7, { count: 7 }],
    ['5%', { percent: 5 }],
    ['0.5%', { percent: 0.5 }],
  ])('tolerated_failures %j', (given, expected) => {
    expect(dir.load(file({ transfer: { tolerated_failures: given } })).transfer.toleratedFailures).toEqual(expected);
  });
});

describe('credentials', () => {
  const keys = { access_key_id: 'AKIAEXAMPLE', secret_access_key: 'very-secret-value' };

  test('explicit keys win over a profile, a profile over the default chain', () => {
    const { credentials } = dir.load(file({ aws: { ...keys, session_token: 'tok-en', profile: 'p' } })).aws;
    expect(credentials.kind).toBe('keys');
    expect(credentials.kind === 'keys' && credentials.secretAccessKey.reveal()).toBe('very-secret-value');
    expect(dir.load(file({ aws: { profile: 'p' } })).aws.credentials).toEqual({ kind: 'profile', profile: 'p' });
  });

  test('no text form of a loaded config shows a secret', () => {
    const config = dir.load(file({ aws: keys, api_: { api_key: 'api-key-value' } }));
    expect(JSON.stringify(config)).not.toMatch(/very-secret-value|api-key-value/);
  });
});

describe('the API key', () => {
  test('api_key wins over api_key_env', () => {
    expect(requireApiKey(dir.load(file({ api_: { api_key: 'direct' } }))).reveal()).toBe('direct');
  });

  test('the line feed at the end of a mounted secret is not part of it', () => {
    expect(requireApiKey(dir.load(file(), {}, { TEST_KEY: 'key\n' })).reveal()).toBe('key');
  });

  test.each([
    ['not set', file(), {}, /environment variable TEST_KEY .* is not set/],
    ['empty', file(), { TEST_KEY: '' }, /environment variable TEST_KEY .* is empty/],
    ['nowhere', file({ api_: { api_key_env: null } }), {}, /neither api_\.api_key nor api_\.api_key_env is set/],
    ['empty in the file', file({ api_: { api_key: '', api_key_env: null } }), {}, /neither/],
  ])('%s: loads, but requireApiKey throws ApiKeyMissing', (_name, content, env, message) => {
    const config = dir.load(content, {}, env);
    expect(config.api.apiKey).toBeNull();
    expect(errorOf(() => requireApiKey(config))).toMatchObject({
      code: 'ApiKeyMissing',
      exitCode: 3,
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('the folder of projects', () => {
  test('a missing file: the path and the projects that are there', () => {
    dir.write('one', file());
    dir.write('two', file());
    // Those of the other jobs lie beside the projects.
    writeFileSync(path.join(dir.path, 'load.json'), '{}');
    const error = errorOf(() => loadProject('three', { configDir: dir.path, env: {} }));
    expect(error.code).toBe('ConfigNotFound');
    expect(error.message).toContain(path.join(dir.path, 'three', 'config.json'));
    expect(error.message).toContain('projects there: one, two');
  });

  test('a missing folder', () => {
    const error = errorOf(() => loadProject('p', { configDir: path.join(dir.path, 'absent'), env: {} }));
    expect(error.code).toBe('ConfigNotFound');
    expect(error.message).toContain('no project in');
    expect(listProjects(path.join(dir.path, 'absent'))).toEqual([]);
  });

  test.each(['../p', 'a/b', '..', '.', '', 'a\\b', 'a\0b', '/etc'])('the name %j does not leave the folder', (name) => {
    expect(errorOf(() => loadProject(name, { configDir: dir.path, env: {} })).code).toBe('InvalidInput');
  });
});
