/** A login as the codec server sees it: an issuer that publishes its keys, and tokens that it has signed. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

type Claims = Readonly<Record<string, unknown>>;

interface SigningKey {
  readonly kid: string;
  readonly alg: 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const part = (value: object | Buffer): string =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url');

export const newSigningKey = (kid: string, alg: SigningKey['alg'] = 'RS256'): SigningKey => {
  const pair =
    alg === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, alg, ...pair };
};

/** PS256: node signs with a salt as long as the digest where it is told the padding. */
const signatureOf = ({ alg, privateKey }: SigningKey, data: Buffer): Buffer => {
  if (alg === 'EdDSA') return sign(null, data, privateKey);
  if (alg === 'ES256') return sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return sign('sha256', data, { key: privateKey, ...(alg === 'PS256' ? { padding: 6, saltLength: 32 } : {}) });
};

export const tokenOf = (key: SigningKey, claims: Claims): string => {
  const signed = `${part({ alg: key.alg, kid: key.kid, typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${part(signatureOf(key, Buffer.from(signed)))}`;
};

/** Signed with what everybody knows: the public key as if it were a shared secret. */
export const confusedTokenOf = (key: SigningKey, claims: Claims): string => {
  const signed = `${part({ alg: 'HS256', kid: key.kid })}.${part(claims)}`;
  const secret = key.publicKey.export({ type: 'spki', format: 'pem' });
  return `${signed}.${part(createHmac('sha256', secret).update(signed).digest())}`;
};

export const unsignedTokenOf = (claims: Claims): string => `${part({ alg: 'none' })}.${part(claims)}.`;

export interface LoginIssuer {
  readonly url: string;
  /** Published from now on. */
  keys: readonly SigningKey[];
  /** What its discovery document calls it; default its address. */
  name: string;
  /** How often its keys have been asked for. */
  readonly asked: () => number;
  close(): Promise<void>;
}

export async function startLoginIssuer(...keys: SigningKey[]): Promise<LoginIssuer> {
  let asked = 0;
  const server = createServer((request, response) => {
    const isKeys = request.url === '/keys';
    if (isKeys) asked += 1;
    const jwks = issuer.keys.map(({ kid, alg, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg,
      use: 'sig',
    }));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isKeys ? { keys: jwks } : { issuer: issuer.name, jwks_uri: `${issuer.url}/keys` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: LoginIssuer = {
    url,
    keys,
    name: url,
    asked: () => asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return issuer;
}
