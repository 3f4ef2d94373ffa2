/** Who asks: tokens that are renewed in the middle of a transfer, services that give none, and both ways of workload identity. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { inspect } from 'node:util';
import type { GoogleCredentialsSource } from '../../src/config/types';
import { Secret } from '../../src/model/secret';
import {
  createGcsDestination,
  createGcsSource,
  createS3Client,
  createS3Source,
  type TransferSpec,
} from '../../src/transfer';
import { credentialsFor } from '../../src/transfer/s3/credentials';
import { MIB, moveAll, sha256 } from '../support/transfer-rig';
import { BUCKET, FROM, putOrigin, startGcsRig, type GcsRig } from './support/gcs-rig';
import { ID_TOKEN, startTokenServer, type TokenServer } from './support/token-server';

let rig: GcsRig;
let tokens: TokenServer;
let folder: string;
const environment = { ...process.env };
const AUDIENCE = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/aws';

beforeAll(async () => {
  const all = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`token-${n}`, 'all' as const]));
  [rig, tokens] = await Promise.all([startGcsRig({ tokens: all }), startTokenServer()]);
  folder = mkdtempSync(path.join(tmpdir(), 'longhaul-identity-'));
  writeFileSync(path.join(folder, 'subject'), 'the-subject-token');
});
afterAll(async () => {
  await rig.stop();
  await tokens.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  tokens.seen.length = 0;
  tokens.script = () => undefined;
  rig.gcs.clearFaults();
});
afterEach(() => {
  process.env = { ...environment };
});

const external = (rest: object): GoogleCredentialsSource => ({
  kind: 'json',
  credentials: new Secret(
    JSON.stringify({ type: 'external_account', audience: AUDIENCE, token_url: `${tokens.url}/google-sts`, ...rest }),
  ),
});

const byFile = (): GoogleCredentialsSource =>
  external({
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    credential_source: { file: path.join(folder, 'subject') },
  });

function spec(credentials: GoogleCredentialsSource, rest: Partial<TransferSpec> = {}): TransferSpec {
  const client = rig.clientWith({ credentials });
  const source = createGcsSource({ client, bucket: FROM, key: 'object' });
  return rig.spec({ source, destination: createGcsDestination({ client, bucket: BUCKET }), ...rest });
}

test('a token of a file-sourced identity is asked for once, and sent with all requests', async () => {
  const body = await putOrigin(rig.gcs, 6 * MIB);
  const job = spec(byFile());
  await moveAll(job);
  expect(sha256(await rig.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
  expect(tokens.seen.map(({ path: at }) => at)).toEqual(['/google-sts']);
  expect(tokens.seen[0]?.body).toContain('subject_token=the-subject-token');
});

test('a token that is refused in the middle is renewed, once for all lanes', async () => {
  const body = await putOrigin(rig.gcs, 17 * MIB);
  const client = rig.clientWith({ credentials: byFile() });
  const source = createGcsSource({ client, bucket: FROM, key: 'object' });
  const destination = createGcsDestination({ client, bucket: BUCKET, sessionMaxBytes: 0 });
  const job = rig.spec({ source, destination, lanes: 3 });
  let first: string | undefined;
  rig.gcs.failNext({
    match: { where: ({ headers }) => (first ??= String(headers['authorization'])) === headers['authorization'] },
    skip: 4,
    times: Infinity,
    status: 401,
  });
  expect(await moveAll(job)).toMatchObject({ verified: 'crc32c' });
  expect(sha256(await rig.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
  expect(tokens.seen).toHaveLength(2);
});

test('a token that is refused again is an end, and no text names it', async () => {
  await putOrigin(rig.gcs, 100);
  rig.gcs.failNext({ status: 401, times: Infinity });
  const error: unknown = await moveAll(spec(byFile())).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'GoogleCredentialsRefused', retryable: false });
  expect(inspect(error, { depth: 10 })).not.toMatch(/token-\d|subject-token/);
});

test.each([
  [503, 'unavailable', 'TokenUnavailable', true],
  [429, 'slow', 'TokenUnavailable', true],
  [
    400,
    '{"error":"invalid_grant","error_description":"the-subject-token has expired"}',
    'GoogleCredentialsRefused',
    false,
  ],
  [403, '{"error":"unauthorized_client"}', 'GoogleCredentialsRefused', false],
])('the token service answers %d', async (status, answer, code, retryable) => {
  await putOrigin(rig.gcs, 100);
  tokens.script = () => ({ status, body: answer });
  const retry = { baseDelayMs: 1, maxDelayMs: 1, totalMs: 20 };
  const error: unknown = await moveAll(spec(byFile(), { retry })).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, retryable });
  expect(inspect(error, { depth: 10 })).not.toContain('the-subject-token');
});

test('the token service is down for a moment: it is asked again', async () => {
  await putOrigin(rig.gcs, 100);
  tokens.script = () => (tokens.seen.length === 1 ? { status: 503, body: '' } : undefined);
  await expect(moveAll(spec(byFile()))).resolves.toMatchObject({ bytes: 100 });
});

test.each<[string, GoogleCredentialsSource]>([
  ['no file', { kind: 'file', path: '/nowhere/key.json' }],
  ['no JSON', { kind: 'json', credentials: new Secret('{"private_key": "very secret') }],
])('credentials that cannot be read: %s', async (_name, credentials) => {
  const error: unknown = await moveAll(spec(credentials)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'GoogleCredentialsMissing', retryable: false });
  expect(inspect(error, { depth: 10 })).not.toContain('very secret');
});

test('an AWS role is a Google service account', async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIAROLE';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'aws-secret';
  process.env['AWS_SESSION_TOKEN'] = 'aws-session';
  const body = await putOrigin(rig.gcs, 1000);
  const job = spec(
    external({
      subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
      service_account_impersonation_url: `${tokens.url}/v1/projects/-/serviceAccounts/mover@p.iam:generateAccessToken`,
      credential_source: {
        environment_id: 'aws1',
        regional_cred_verification_url: 'https://sts.{region}.amazonaws.com',
      },
    }),
  );
  await moveAll(job);
  expect(sha256(await rig.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
  const [exchange, impersonation] = tokens.seen;
  const subject = decodeURIComponent(new URLSearchParams(exchange?.body).get('subject_token') ?? '');
  // A signed request to AWS, of which Google learns who we are; the secret is not in it.
  expect(subject).toContain('GetCallerIdentity');
  expect(subject).toContain('Credential=AKIAROLE');
  expect(subject).toContain(AUDIENCE);
  expect(subject).not.toContain('aws-secret');
  expect(impersonation?.headers['authorization']).toMatch(/^Bearer token-\d+$/);
  expect(impersonation?.body).toContain('devstorage.read_write');
});

describe('a Google service account is an AWS role', () => {
  const role = () =>
    ({
      kind: 'google',
      roleArn: 'arn:aws:iam::123456789012:role/transfer',
      audience: 'sts.amazonaws.com',
      sessionName: 'longhaul',
      google: { kind: 'default' },
      stsEndpoint: `${tokens.url}/aws-sts`,
    }) as const;

  beforeEach(() => {
    delete process.env['GOOGLE_APPLICATION_CREDENTIALS'];
    Object.assign(process.env, {
      GCE_METADATA_HOST: tokens.host,
      METADATA_SERVER_DETECTION: 'assume-present',
      HOME: folder,
    });
  });

  test('by an identity token of its own', async () => {
    const credentials = credentialsFor(role(), 'us-east-1') as () => Promise<unknown>;
    expect(await credentials()).toMatchObject({
      accessKeyId: 'ASIAROLE',
      secretAccessKey: 'role-secret',
      sessionToken: 'role-session',
    });
    const asked = new URLSearchParams(tokens.seen.find(({ path: at }) => at.startsWith('/aws-sts'))?.body);
    expect(Object.fromEntries(asked)).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: 'arn:aws:iam::123456789012:role/transfer',
      RoleSessionName: 'longhaul',
      WebIdentityToken: ID_TOKEN,
    });
    expect(tokens.seen.some(({ path: at }) => at.includes('audience=sts.amazonaws.com'))).toBe(true);
  });

  test.each([
    [{ at: '/aws-sts', status: 400, code: 'InvalidIdentityToken' }, 'CredentialsExpired'],
    [{ at: '/aws-sts', status: 403, code: 'AccessDenied' }, 'AccessDenied'],
    [{ at: '/computeMetadata', status: 403, code: 'x' }, 'GoogleCredentialsRefused'],
  ])('refused: %j', async ({ at, status, code }, expected) => {
    const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;
    tokens.script = (request) => (request.path.startsWith(at) ? { status, body } : undefined);
    const store = { region: 'us-east-1', endpoint: tokens.url, forcePathStyle: true, credentials: role() };
    const client = createS3Client(store);
    const source = createS3Source({ client, bucket: 'b', key: 'k' });
    const error: unknown = await moveAll(rig.spec({ source })).catch((thrown: unknown) => thrown);
    client.destroy();
    expect(error).toMatchObject({ code: expected === 'AccessDenied' ? 'SourceForbidden' : expected });
    expect(inspect(error, { depth: 4 })).not.toContain('id-token-of-google');
  });
});
