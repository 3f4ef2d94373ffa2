/** `longhaul export` of a project that cannot work: a named error before an export is created, and nothing left behind. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { createReadOnlyUser } from '../../src/dev/s3-users';
import { generatedFile } from '../../src/dev/export-api';
import { writeProjectConfig } from '../../src/dev/sample-config';
import { errorOf, longhaul } from '../support/longhaul-command';
import { RunHarness } from '../support/run-harness';
import type { TestProject } from '../support/test-project';
import { freePort } from '../support/versitygw';

const API_KEY = 'k3y-that-must-not-show';
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

type Change = (project: TestProject) => unknown;

/** Rewrites the project's config.json with some keys changed. */
const set =
  (section: string, values: Record<string, unknown> | (() => Promise<Record<string, unknown>>)): Change =>
  async (project) => {
    const changed = typeof values === 'function' ? await values() : values;
    const config = { ...project.config, [section]: { ...project.config[section], ...changed } };
    writeProjectConfig(harness.configDir, project.name, config);
  };

const replaceText =
  (from: RegExp, to: string): Change =>
  ({ config, name }) => {
    const text = JSON.stringify(config, null, 2).replace(from, to);
    const folder = path.join(harness.configDir, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'config.json'), text);
  };

const closedUrl = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;

/** What is wrong, how it is made so, the error, what its message names, the exit code. */
const CASES: [string, Change, string, RegExp, number][] = [
  [
    'there is no config.json',
    ({ name }) => rmSync(path.join(harness.configDir, name), { recursive: true }),
    'ConfigNotFound',
    /config\.json/,
    3,
  ],
  ['it is not JSON', replaceText(/"endpoint":/, '"endpoint"'), 'ConfigMalformed', /line 3, column \d+/, 3],
  ['a key is misspelt', set('aws', { target_bukcet: 'x' }), 'ConfigInvalid', /target_bukcet.*target_bucket/s, 3],
  ['a value has the wrong type', set('aws', { max_workers: 'many' }), 'ConfigInvalid', /max_workers/, 3],
  [
    'no API key is there',
    set('api_', { api_key: null, api_key_env: 'LONGHAUL_TEST_NOT_SET' }),
    'ApiKeyMissing',
    /LONGHAUL_TEST_NOT_SET/,
    3,
  ],
  ['the API refuses the key (401)', set('api_', { api_key: API_KEY }), 'ApiUnauthorized', /401/, 4],
  [
    'the API refuses the key (UNAUTHENTICATED)',
    ({ api }) =>
      api.faults.api({ on: 'check', errors: [{ message: 'Not you', code: 'UNAUTHENTICATED' }], always: true }),
    'ApiUnauthorized',
    /Not you/,
    4,
  ],
  [
    'the API cannot be reached',
    set('api_', async () => ({ endpoint: `${await closedUrl()}/export/graphql` })),
    'ApiUnreachable',
    /127\.0\.0\.1:\d+/,
    5,
  ],
  [
    'the bucket is not there',
    set('aws', { target_bucket: 'no-such-bucket-here' }),
    'BucketNotFound',
    /no-such-bucket-here/,
    8,
  ],
  [
    'the AWS key is wrong',
    set('aws', { secret_access_key: API_KEY }),
    'CredentialsExpired',
    /SignatureDoesNotMatch/,
    4,
  ],
  [
    'the bucket may be read and not written',
    async (project) => {
      const { accessKeyId, secretAccessKey } = await createReadOnlyUser(harness.servers.s3, project.bucket);
      await set('aws', { access_key_id: accessKeyId, secret_access_key: secretAccessKey })(project);
    },
    'AccessDenied',
    /run\.json/,
    4,
  ],
  [
    'the store cannot be reached',
    set('aws', async () => ({ endpoint: await closedUrl() })),
    'DestinationUnreachable',
    /127\.0\.0\.1:\d+/,
    8,
  ],
];

it.each(CASES)(
  '%s',
  async (_, change, code, message, exitCode) => {
    const project = await harness.project({ files: [generatedFile('asset', 'part-0.parquet', 1_000, 1)] });
    await project.plantForeign([`${project.targetPrefix}/asset/part-0.parquet`]);
    const before = await project.snapshot();
    await change(project);

    const ran = await longhaul(harness, 'export', project.name, '--json');

    expect(errorOf(ran)).toMatchObject({ code, message: expect.stringMatching(message) as string, exitCode });
    expect(ran).toMatchObject({ exitCode, stdout: '' });
    expect(ran.stderr).not.toContain(API_KEY);
    expect(project.api.operations.create).toBe(0);
    await project.expectUnchanged(before);
    expect(await project.controlFiles()).toEqual({});
    expect((await harness.client.workflow.count('ExecutionStatus = "Running"')).count).toBe(0);
  },
  60_000,
);
