import { randomBytes } from 'node:crypto';
import { type CodecServer, MAX_CODEC_BODY_BYTES, startCodecServer } from '../../../src/client/lib/codec/server';
import { readPayloadKeys } from '../../../src/config/payload-keys';
import { Secret } from '../../../src/model/secret';
import { createLogger } from '../../../src/ops/logging';
import type { LoginOptions } from '../../../src/ops/login-tokens';
import { EncryptingCodec } from '../../../src/ops/payload-codec';
import { newSigningKey, startLoginIssuer, tokenOf } from '../../support/login-issuer';

const TOKEN = 'a token of tests'.replaceAll(' ', '-');
const UI = 'https://temporal.example.com';
const SECRET = 'proj01-target-bucket';
const keys = (list: string) => readPayloadKeys({ LONGHAUL_PAYLOAD_KEYS: list });
const ONE = randomBytes(32).toString('base64');

let server: CodecServer;
const logged: string[] = [];
const start = (
  token: string | null,
  list = `k1:${ONE}`,
  address = '127.0.0.1:0',
  login?: LoginOptions,
): Promise<CodecServer> =>
  startCodecServer({
    address,
    ...(login === undefined ? {} : { login }),
    origins: [UI],
    token: token === null ? null : new Secret(token),
    codec: new EncryptingCodec(keys(list)),
    logger: createLogger({ level: 'DEBUG', destination: { write: (line) => logged.push(line) } }),
  });

beforeAll(async () => (server = await start(TOKEN)));
afterAll(() => server.close());

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const JSON_PAYLOAD = { metadata: { encoding: base64('json/plain') }, data: base64(JSON.stringify(SECRET)) };
const AUTH = { authorization: `Bearer ${TOKEN}` };

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { payloads: (typeof JSON_PAYLOAD)[]; error: { code: string; message: string; hint: string } };
}

const ask = async (
  path: string,
  body: unknown,
  headers: Record<string, string> = AUTH,
  method = 'POST',
): Promise<Reply> => {
  const response = await fetch(`http://${server.address}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? {} : JSON.parse(text)) as Reply['body'],
  };
};

const encrypted = async (): Promise<typeof JSON_PAYLOAD> => {
  const { body } = await ask('/encode', { payloads: [JSON_PAYLOAD] });
  return body.payloads[0]!;
};

it('encodes and decodes, and lets what is not ours pass with fields that it does not know', async () => {
  const payload = await encrypted();
  expect(Buffer.from(payload.metadata.encoding, 'base64').toString()).toBe('binary/longhaul-aes256gcm');
  expect(Buffer.from(payload.data, 'base64').toString('latin1')).not.toContain(SECRET);
  const foreign = {
    metadata: { encoding: base64('json/plain') },
    data: base64('1'),
    externalPayloads: [{ sizeBytes: '5' }],
  };
  const { status, body } = await ask('/decode', { payloads: [payload, foreign, JSON_PAYLOAD] });
  expect(status).toBe(200);
  expect(body.payloads).toEqual([JSON_PAYLOAD, foreign, JSON_PAYLOAD]);
  expect((await ask('/decode', {})).body).toEqual({ payloads: [] });
});

it('answers the preflight of the Web UI, and no other page', async () => {
  const asking = {
    origin: UI,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-namespace',
    'access-control-request-private-network': 'true',
  };
  const { status, headers } = await ask('/decode', undefined, asking, 'OPTIONS');
  expect(status).toBe(204);
  expect(Object.fromEntries(headers)).toMatchObject({
    'access-control-allow-origin': UI,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'authorization, content-type, x-namespace',
    'access-control-allow-credentials': 'true',
    'access-control-allow-private-network': 'true',
    vary: 'origin',
  });
  const decoded = await ask(
    '/decode',
    { payloads: [await encrypted()] },
    { ...AUTH, origin: UI, 'x-namespace': 'default' },
  );
  expect(decoded.headers.get('access-control-allow-origin')).toBe(UI);
  expect(decoded.body.payloads).toEqual([JSON_PAYLOAD]);

  for (const origin of ['https://evil.example', 'null', `${UI}.evil.example`]) {
    const preflight = await ask('/decode', undefined, { ...asking, origin }, 'OPTIONS');
    const refused = await ask('/decode', { payloads: [JSON_PAYLOAD] }, { ...AUTH, origin });
    for (const reply of [preflight, refused]) {
      expect(reply.status).toBe(403);
      expect(reply.body.error.code).toBe('OriginRefused');
      expect(reply.headers.get('access-control-allow-origin')).toBeNull();
    }
  }
});

it.each([
  ['none', {}, 401],
  ['a wrong one', { authorization: 'Bearer not-the-token-of-tests' }, 403],
  ['one of another kind', { authorization: `Basic ${base64(TOKEN)}` }, 401],
  ['none from the Web UI', { origin: UI }, 401],
])('a token is needed: %s', async (_, headers: Record<string, string>, expected) => {
  const { status, body, headers: answered } = await ask('/decode', { payloads: [JSON_PAYLOAD] }, headers);
  expect(status).toBe(expected);
  expect(body.payloads).toBeUndefined();
  expect(answered.get('www-authenticate') !== null).toBe(expected === 401);
  expect(answered.get('access-control-allow-origin')).toBe('origin' in headers ? UI : null);
});

it('says why a payload cannot be decoded', async () => {
  const payload = await encrypted();
  const other = await start(null, `k2:${randomBytes(32).toString('base64')}`);
  const mine = server;
  server = other;
  try {
    const { status, body } = await ask('/decode', { payloads: [JSON_PAYLOAD, payload] }, {});
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      code: 'PayloadKeyMissing',
      message: expect.stringContaining('"k1"') as string,
      hint: expect.stringContaining('LONGHAUL_PAYLOAD_KEYS') as string,
    });
  } finally {
    server = mine;
    await other.close();
  }
  const data = Buffer.from(payload.data, 'base64');
  data[20]! ^= 1;
  const { body } = await ask('/decode', { payloads: [{ ...payload, data: data.toString('base64') }] });
  expect(body.error.code).toBe('PayloadDamaged');
});

it.each([
  ['no JSON', '{"payloads": [{"data": "c2VjcmV0', /it is no JSON/],
  ['a list', '[]', /there is no list of payloads/],
  ['payloads that are no list', '{"payloads": {}}', /there is no list of payloads/],
  ['a payload that is none', '{"payloads": [null]}', /payload 0 is no object/],
  ['data that is no base64', '{"payloads": [{"data": "*"}]}', /data of payload 0 is not base64/],
  [
    'metadata that is no base64',
    '{"payloads": [{"metadata": {"encoding": 1}}]}',
    /metadata of payload 0 is not base64/,
  ],
])('a body that is none of the protocol: %s', async (_, text, message) => {
  const { status, body } = await ask('/decode', text);
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ code: 'InvalidInput', message: expect.stringMatching(message) as string });
});

it('has limits, and says where to ask', async () => {
  const large = JSON.stringify({ payloads: [{ data: 'A'.repeat(MAX_CODEC_BODY_BYTES) }] });
  expect((await ask('/decode', large)).status).toBe(413);
  expect((await ask('/', undefined, AUTH, 'GET')).status).toBe(404);
  expect((await ask('/decode', undefined, AUTH, 'GET')).status).toBe(405);
  expect((await ask('/health', undefined, {}, 'GET')).body).toEqual({ status: 'ok' });
  await expect(start(null, `k1:${ONE}`, server.address)).rejects.toMatchObject({ code: 'PortInUse' });
});

it('logs nothing of a payload and no token', async () => {
  await ask('/decode', { payloads: [await encrypted()] });
  const text = logged.join('');
  expect(text).toContain('codec_request_refused');
  expect(text).toContain('codec_request_failed');
  for (const hidden of [SECRET, base64(SECRET), TOKEN, ONE]) expect(text).not.toContain(hidden);
});

it('takes the access token of a login that the Web UI passes on, and its own', async () => {
  const key = newSigningKey('k1');
  const issuer = await startLoginIssuer(key);
  const behind = await start(TOKEN, `k1:${ONE}`, undefined, { issuer: issuer.url, audience: 'temporal' });
  const statusOf = async (authorization: string): Promise<number> => {
    const headers = { origin: UI, 'x-namespace': 'default', 'content-type': 'application/json', authorization };
    const body = JSON.stringify({ payloads: [JSON_PAYLOAD] });
    return (await fetch(`http://${behind.address}/decode`, { method: 'POST', headers, body })).status;
  };
  const claims = { iss: issuer.url, aud: 'temporal', exp: Date.now() / 1000 + 60 };
  expect(await statusOf(`Bearer ${tokenOf(key, claims)}`)).toBe(200);
  expect(await statusOf(`Bearer ${TOKEN}`)).toBe(200);
  expect(await statusOf('')).toBe(401);
  logged.length = 0;
  const foreign = tokenOf(key, { ...claims, aud: 'billing' });
  expect(await statusOf(`Bearer ${foreign}`)).toBe(403);
  expect(logged.join('')).toMatch(/codec_request_refused.*it is for another audience/);
  expect(logged.join('')).not.toContain(foreign);
  await issuer.close();
  expect(await statusOf(`Bearer ${tokenOf(newSigningKey('k2'), claims)}`)).toBe(403);
  await behind.close();
});
