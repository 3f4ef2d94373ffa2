/**
 * The password of an RDS user that signs in by IAM: a presigned GET of the action rds-db:connect (Amazon RDS User Guide, "IAM
 * database authentication"), which is what @aws-sdk/rds-signer makes. Made anew for each connection, because it expires.
 */
import { createHash, createHmac, type Hash } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsKeys } from '../types';

const LIFETIME_SEC = 15 * 60;

export interface TokenRequest {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly region: string;
  readonly credentials: () => Promise<AwsKeys>;
  readonly now?: Date;
}

/** A hash, keyed or not. */
type Digest = Hash | ReturnType<typeof createHmac>;
type Bytes = string | ArrayBuffer | ArrayBufferView;

/** SHA-256 as the signer asks for it. */
class Sha256 {
  private hash: Digest;

  constructor(private readonly secret?: Bytes) {
    this.hash = this.fresh();
  }

  update(data: Bytes): void {
    this.hash.update(toBytes(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }

  reset(): void {
    this.hash = this.fresh();
  }

  private fresh(): Digest {
    return this.secret === undefined ? createHash('sha256') : createHmac('sha256', toBytes(this.secret));
  }
}

const toBytes = (data: Bytes): Buffer => {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
};

/** A secret, for as long as it lives. */
export async function iamToken(request: TokenRequest): Promise<string> {
  const { host, port, user, region } = request;
  const { accessKeyId, secretAccessKey, sessionToken } = await request.credentials();
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  const signer = new SignatureV4({ service: 'rds-db', region, credentials, sha256: Sha256 });
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      port,
      path: '/',
      headers: { host: `${host}:${port}` },
      query: { Action: 'connect', DBUser: user },
    },
    { expiresIn: LIFETIME_SEC, ...(request.now === undefined ? {} : { signingDate: request.now }) },
  );
  const query = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  return `${host}:${port}/?${query.join('&')}`;
}
