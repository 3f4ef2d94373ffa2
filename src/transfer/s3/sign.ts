/**
 * Signature Version 4 in headers (Amazon S3 API Reference, "Signature Calculations for the Authorization Header"), for the
 * requests that are made by the thousand. The day's key is derived once.
 */
import { createHash, createHmac } from 'node:crypto';

export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface RequestToSign {
  readonly method: 'PUT' | 'POST';
  /** Percent-encoded, from the slash on. */
  readonly path: string;
  /** In order of names, each percent-encoded: `a=1&b=2`; may be empty. */
  readonly query: string;
  /** Names in lower case; `host` among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hex, or UNSIGNED-PAYLOAD. */
  readonly payloadHash: string;
}

export interface SigningScope {
  readonly region: string;
  readonly service: string;
}

export class Signer {
  private day: { readonly id: string; readonly key: Buffer } | undefined;

  constructor(
    private readonly keys: SigningKeys,
    private readonly scope: SigningScope,
  ) {}

  /** The request's headers with date, hash of the payload, session token and `authorization`. */
  sign(request: RequestToSign, now: Date): Record<string, string> {
    const { accessKeyId, sessionToken } = this.keys;
    const stamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
    const headers: Record<string, string> = {
      ...request.headers,
      'x-amz-date': stamp,
      'x-amz-content-sha256': request.payloadHash,
      ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    };
    const names = Object.keys(headers).sort();
    const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('');
    const signed = names.join(';');
    const canonical = [request.method, request.path, request.query, lines, signed, request.payloadHash].join('\n');
    const date = stamp.slice(0, 8);
    const scope = `${date}/${this.scope.region}/${this.scope.service}/aws4_request`;
    const digest = createHash('sha256').update(canonical).digest('hex');
    const text = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${digest}`;
    const signature = createHmac('sha256', this.keyOf(date)).update(text).digest('hex');
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    return headers;
  }

  private keyOf(date: string): Buffer {
    const id = `${date}/${this.scope.region}/${this.scope.service}`;
    if (this.day?.id === id) return this.day.key;
    const hmac = (key: Buffer | string, data: string): Buffer => createHmac('sha256', key).update(data).digest();
    const dated = hmac(`AWS4${this.keys.secretAccessKey}`, date);
    const key = hmac(hmac(hmac(dated, this.scope.region), this.scope.service), 'aws4_request');
    this.day = { id, key };
    return key;
  }
}
