/** Our signature of a write against the one that @smithy/signature-v4 makes of the same request. */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { encodeKey, routeOf } from '../../../src/transfer/s3/write-route';
import { Signer } from '../../../src/transfer/s3/sign';

type Data = string | ArrayBuffer | ArrayBufferView;

function bytesOf(data: Data): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

/** As the SDK's own hash of Node. */
class Sha256 {
  private readonly hash: Pick<ReturnType<typeof createHmac>, 'update' | 'digest'>;
  constructor(secret?: Data) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: Data): void {
    this.hash.update(bytesOf(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }
  reset(): void {
    throw new Error('not used');
  }
}

const now = new Date('2026-01-31T23:59:59.500Z');
const scope = { region: 'eu-central-1', service: 's3' };
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

const cases: readonly [string, string, Record<string, string>, Record<string, string>][] = [
  ['a plain key', 'raw/2026/file.csv', {}, {}],
  ['a key of many kinds of characters', "a b/ä+€/~!'()*&=?#.bin", {}, {}],
  ['a part', 'file', { partNumber: '12', uploadId: 'a+/=b', 'x-id': 'UploadPart' }, {}],
  ['the begin of an upload', 'file', { uploads: '' }, {}],
  ['metadata with spaces', 'file', {}, { 'x-amz-meta-note': '  two   words  ', 'content-type': 'text/csv' }],
];

describe('Signer', () => {
  it.each(cases)('signs %s as the library does', async (_, key, query, headers) => {
    const method = 'uploads' in query ? 'POST' : 'PUT';
    const host = 'bucket.s3.eu-central-1.amazonaws.com';
    const payloadHash = createHash('sha256').update('body').digest('hex');
    const path = `/${encodeKey(key)}`;
    const library = new SignatureV4({
      ...scope,
      credentials: { ...keys, sessionToken: 'token/with+signs=' },
      sha256: Sha256,
      uriEscapePath: false,
      applyChecksum: true,
    });
    const expected = await library.sign(
      {
        method,
        protocol: 'https:',
        hostname: host,
        path,
        query,
        headers: { host, ...headers, 'x-amz-content-sha256': payloadHash },
        body: 'body',
      },
      { signingDate: now },
    );
    const text = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .sort()
      .join('&');
    const signer = new Signer({ ...keys, sessionToken: 'token/with+signs=' }, scope);
    const request = { method, path, query: text, headers: { host, ...headers }, payloadHash } as const;
    const signed = signer.sign(request, now);
    expect(signed['authorization']).toBe(expected.headers['authorization']);
    expect(signed['x-amz-date']).toBe('20260131T235959Z');
    // The key of the day is kept: the next day has another.
    const tomorrow = signer.sign(request, new Date('2026-02-01T00:00:00Z'));
    expect(tomorrow['authorization']).toContain('/20260201/eu-central-1/s3/aws4_request');
    expect(tomorrow['authorization']).not.toBe(signed['authorization']);
  });
});

describe('routeOf', () => {
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AKID/20260131/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=00';
  const request = {
    protocol: 'https:',
    hostname: 's3.example.com',
    path: '/bucket/a%20b/c',
    headers: { authorization },
  };

  it('keeps what stands before the key, and the scope of the signature', () => {
    expect(routeOf({ ...request, port: 8443 }, 'a b/c')).toEqual({
      origin: 'https://s3.example.com:8443',
      host: 's3.example.com:8443',
      pathPrefix: '/bucket/',
      region: 'eu-west-1',
      service: 's3',
    });
  });

  it('has none for another way to sign, a session, or a path that does not end with the key', () => {
    const asymmetric = { authorization: authorization.replace('HMAC', 'ECDSA-P256') };
    expect(routeOf({ ...request, headers: asymmetric }, 'a b/c')).toBeUndefined();
    const session = { authorization, 'x-amz-s3session-token': 'token' };
    expect(routeOf({ ...request, headers: session }, 'a b/c')).toBeUndefined();
    expect(routeOf(request, 'b/c')).toBeUndefined();
    expect(routeOf({ ...request, headers: {} }, 'a b/c')).toBeUndefined();
  });
});
