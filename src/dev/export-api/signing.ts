/**
 * URLs signed in the manner of S3's query authentication (SigV4): same parameters, a real HMAC over method, path and
 * query, but a key and a canonical form of our own. The signature is checked, so a client that alters a URL fails.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const SIGNATURE = 'X-Amz-Signature';
/** Carries what whole seconds cannot: short lifetimes in tests, and URLs that differ on every poll. */
const TOKEN = 'X-Amz-Security-Token';

export type SignatureVerdict =
  | { readonly kind: 'valid'; readonly issuedMs: number }
  | { readonly kind: 'expired'; readonly expiresMs: number; readonly lifetimeSec: number }
  | { readonly kind: 'mismatch' };

const amzDate = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');

export class UrlSigner {
  readonly #key = randomBytes(32);
  #expiredBeforeMs = 0;

  constructor(private readonly lifetimeMs: () => number) {}

  /** A GET of `url` (path percent-encoded, no query) that is valid from now for the lifetime. */
  sign(url: string): string {
    const signed = new URL(url);
    const issuedMs = Date.now();
    const lifetimeMs = this.lifetimeMs();
    const date = amzDate(issuedMs);
    const query = signed.searchParams;
    query.set('X-Amz-Algorithm', 'AWS4-HMAC-SHA256');
    query.set('X-Amz-Credential', `AKIASAMPLEEXPORTAPI0/${date.slice(0, 8)}/us-east-1/s3/aws4_request`);
    query.set('X-Amz-Date', date);
    query.set('X-Amz-Expires', String(Math.ceil(lifetimeMs / 1000)));
    query.set(TOKEN, `${issuedMs}.${issuedMs + lifetimeMs}.${randomBytes(6).toString('base64url')}`);
    query.set('X-Amz-SignedHeaders', 'host');
    query.set(SIGNATURE, this.#signature('GET', signed));
    return signed.href;
  }

  verify(method: string, url: URL): SignatureVerdict {
    const given = Buffer.from(url.searchParams.get(SIGNATURE) ?? '');
    const right = Buffer.from(this.#signature(method, url));
    if (given.length !== right.length || !timingSafeEqual(given, right)) return { kind: 'mismatch' };
    const [issued, expires] = (url.searchParams.get(TOKEN) ?? '').split('.').map(Number);
    const issuedMs = issued ?? 0;
    const expiresMs = issuedMs < this.#expiredBeforeMs ? this.#expiredBeforeMs : (expires ?? 0);
    if (issuedMs < this.#expiredBeforeMs || Date.now() >= expiresMs) {
      return { kind: 'expired', expiresMs, lifetimeSec: Number(url.searchParams.get('X-Amz-Expires')) };
    }
    return { kind: 'valid', issuedMs };
  }

  /** Every URL that was signed until now has expired. */
  expireAll(): void {
    this.#expiredBeforeMs = Date.now() + 1;
    // URLs signed in the same millisecond as this call would be refused too: let the clock move on.
    while (Date.now() < this.#expiredBeforeMs);
  }

  #signature(method: string, url: URL): string {
    const parameters = [...url.searchParams].filter(([name]) => name !== SIGNATURE).sort();
    const canonical = [method, url.host, url.pathname, JSON.stringify(parameters)].join('\n');
    return createHmac('sha256', this.#key).update(canonical).digest('hex');
  }
}
