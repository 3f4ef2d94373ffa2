/**
 * Access tokens of a login (OpenID Connect), as the Temporal Web UI passes them on: signed by the issuer, for our audience, not
 * expired. Sources: RFC 7519 (JWT), RFC 7517 and 7518 (keys, algorithms), RFC 8725 (what to beware of), OpenID Connect Discovery 1.0.
 */
import { constants, createPublicKey, verify, type JsonWebKey } from 'node:crypto';

export interface LoginOptions {
  /** As the tokens name it in `iss`; its discovery document is below. */
  readonly issuer: string;
  /** What the tokens must be for (`aud`). */
  readonly audience: string;
}

type Json = Readonly<Record<string, unknown>>;

interface Algorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv?: string;
  readonly hash: string | null;
  readonly isPss?: true;
}

/** Those with a public key alone: `none`, and secrets that both sides have, are refused by not being here. */
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  RS256: { kty: 'RSA', hash: 'sha256' },
  RS384: { kty: 'RSA', hash: 'sha384' },
  RS512: { kty: 'RSA', hash: 'sha512' },
  PS256: { kty: 'RSA', hash: 'sha256', isPss: true },
  ES256: { kty: 'EC', crv: 'P-256', hash: 'sha256' },
  ES384: { kty: 'EC', crv: 'P-384', hash: 'sha384' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', hash: null },
};

/** Clocks of two machines. */
const LEEWAY_SEC = 60;
const FETCH_TIMEOUT_MS = 10_000;
/** A key that the issuer withdraws is trusted no longer than this. */
const KEYS_MAX_AGE_MS = 10 * 60_000;
/** Tokens with made-up key ids must not make us ask the issuer again and again. */
const KEYS_MIN_AGE_MS = 30_000;

interface Keys {
  readonly list: readonly Json[];
  readonly atMs: number;
}

export class LoginTokens {
  #keys: Keys | undefined;
  #fetching: Promise<Keys> | undefined;

  constructor(
    private readonly options: LoginOptions,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Null where the token is right, else why not, without anything of it. Rejects where the issuer does not answer. */
  async refusalOf(token: string): Promise<string | null> {
    const [head, claims, signature, ...more] = token.split('.');
    const header = jsonOf(head);
    const payload = jsonOf(claims);
    if (header === null || payload === null || signature === undefined || more.length > 0) return 'it is no JWT';
    const algorithm = Object.hasOwn(ALGORITHMS, String(header['alg'])) ? ALGORITHMS[String(header['alg'])] : undefined;
    if (algorithm === undefined) return 'its algorithm is not one with a public key';
    const keys = await this.#keysFor(header['kid']);
    const fitting = keys.filter((key) => fits(key, header, algorithm));
    const signed = Buffer.from(`${head}.${claims}`);
    if (!fitting.some((key) => isSigned(key, algorithm, signed, Buffer.from(signature, 'base64url'))))
      return 'its signature is not of the issuer';
    return this.#claimsFault(payload);
  }

  #claimsFault({ iss, aud, exp, nbf }: Json): string | null {
    const { issuer, audience } = this.options;
    const nowSec = this.nowMs() / 1000;
    if (iss !== issuer) return 'it is of another issuer';
    if (!(Array.isArray(aud) ? aud.includes(audience) : aud === audience)) return 'it is for another audience';
    if (typeof exp !== 'number' || exp + LEEWAY_SEC < nowSec) return 'it has expired';
    return typeof nbf === 'number' && nbf - LEEWAY_SEC > nowSec ? 'it is not valid yet' : null;
  }

  async #keysFor(kid: unknown): Promise<readonly Json[]> {
    const known = this.#keys;
    const ageMs = known === undefined ? Infinity : this.nowMs() - known.atMs;
    const isKnown = known?.list.some((key) => key['kid'] === kid) === true;
    if (known !== undefined && ageMs < (isKnown ? KEYS_MAX_AGE_MS : KEYS_MIN_AGE_MS)) return known.list;
    this.#fetching ??= this.#fetchKeys().finally(() => (this.#fetching = undefined));
    this.#keys = await this.#fetching;
    return this.#keys.list;
  }

  async #fetchKeys(): Promise<Keys> {
    const issuer = this.options.issuer.replace(/\/$/, '');
    const { jwks_uri: uri, issuer: named } = await fetchJson(`${issuer}/.well-known/openid-configuration`);
    // Discovery 1.0, section 4.3: another's document must not be taken for this issuer's.
    if (named !== this.options.issuer || typeof uri !== 'string') throw new Error('the issuer describes another one');
    const { keys } = await fetchJson(uri);
    return { list: Array.isArray(keys) ? keys.filter(isJson) : [], atMs: this.nowMs() };
  }
}

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const fetchJson = async (url: string): Promise<Json> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' });
  const body: unknown = response.ok ? await response.json() : null;
  if (!isJson(body)) throw new Error(`${new URL(url).host} answers HTTP ${response.status}, and no JSON object`);
  return body;
};

function jsonOf(part: string | undefined): Json | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return isJson(value) ? value : null;
  } catch {
    return null;
  }
}

/** The algorithm is the key's, never the token's choice alone. */
const fits = (key: Json, header: Json, { kty, crv }: Algorithm): boolean =>
  key['kty'] === kty &&
  (crv === undefined || key['crv'] === crv) &&
  (key['use'] === undefined || key['use'] === 'sig') &&
  (key['alg'] === undefined || key['alg'] === header['alg']) &&
  (header['kid'] === undefined || key['kid'] === header['kid']);

function isSigned(jwk: Json, { hash, kty, isPss }: Algorithm, data: Buffer, signature: Buffer): boolean {
  try {
    const options = {
      key: createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }),
      ...(kty === 'EC' ? { dsaEncoding: 'ieee-p1363' as const } : {}),
      ...(isPss === true
        ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
        : {}),
    };
    return verify(hash, data, options, signature);
  } catch {
    // A key that is none, or a signature of no possible length.
    return false;
  }
}
