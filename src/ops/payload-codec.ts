/**
 * Encryption of payloads: AES-256-GCM, one key per id, a random nonce for each payload. An encrypted payload has
 *
 *     metadata.encoding             binary/longhaul-aes256gcm
 *     metadata.longhaul-key-id      which key
 *     metadata.longhaul-key-check   8 bytes that follow from the key, so that a wrong key is told from a changed payload
 *     data                          nonce (12 bytes), ciphertext of the whole payload, tag (16 bytes)
 *
 * The key id is authenticated with it. Payloads of other encodings pass unchanged: runs from before encryption, starts by the
 * Temporal CLI, and results of other workers. Source: NIST SP 800-38D.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { PayloadKey, PayloadKeys } from '../config/payload-keys';
import { LonghaulError } from '../model/errors';

export const ENCRYPTED_ENCODING = 'binary/longhaul-aes256gcm';
const KEY_ID = 'longhaul-key-id';
const KEY_CHECK = 'longhaul-key-check';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Enough to tell two keys apart, and nothing to find one by. */
const CHECK_BYTES = 8;
const ALGORITHM = 'aes-256-gcm';
const ENCODING_BYTES = Buffer.from(ENCRYPTED_ENCODING);
/** Nonces drawn at once: each call of the random number generator costs what a fifth of an encryption does. */
const NONCES_DRAWN = 256;

/** What codecs of other languages put under their encryption too. */
const { Payload: PayloadMessage } = temporal.api.common.v1;

interface UsableKey {
  readonly id: string;
  readonly key: KeyObject;
  readonly check: Buffer;
  readonly idBytes: Buffer;
  /** Authenticated beside the ciphertext, so that no payload passes under the id of another key. */
  readonly authenticated: Buffer;
}

const usable = ({ id, secret }: PayloadKey): UsableKey => {
  const bytes = Buffer.from(secret.reveal(), 'base64');
  return {
    id,
    key: createSecretKey(bytes),
    check: createHmac('sha256', bytes).update('longhaul payload key check').digest().subarray(0, CHECK_BYTES),
    idBytes: Buffer.from(id),
    authenticated: Buffer.from(`${ENCRYPTED_ENCODING}\0${id}`),
  };
};

const textOf = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('utf8');

/** Whether the payload was encrypted by us, with whatever key. */
export const isEncrypted = ({ metadata }: Payload): boolean => textOf(metadata?.encoding) === ENCRYPTED_ENCODING;

/** Ids come from outside here: only what could be one is shown. */
const shownId = (id: string): string => (/^[A-Za-z0-9._-]{1,40}$/.test(id) ? `"${id}"` : 'an unreadable id');

/** Random nonces, each given out once. */
class Nonces {
  readonly #drawn = Buffer.alloc(NONCE_BYTES * NONCES_DRAWN);
  #at = this.#drawn.length;

  /** A view that is overwritten by a later draw: to be copied before the caller awaits anything. */
  next(): Buffer {
    if (this.#at === this.#drawn.length) {
      randomFillSync(this.#drawn);
      this.#at = 0;
    }
    this.#at += NONCE_BYTES;
    return this.#drawn.subarray(this.#at - NONCE_BYTES, this.#at);
  }
}

/** Synchronous inside: AES takes microseconds for a payload, less than a trip to a thread and back. */
export class EncryptingCodec implements PayloadCodec {
  readonly #current: UsableKey | null;
  readonly #known: ReadonlyMap<string, UsableKey>;
  readonly #nonces = new Nonces();

  constructor(keys: PayloadKeys) {
    this.#known = new Map(keys.known.map((key) => [key.id, usable(key)]));
    this.#current = keys.current === null ? null : (this.#known.get(keys.current.id) ?? null);
  }

  /** The payloads encrypted with the current key; as they are where there is none. */
  encode(payloads: Payload[]): Promise<Payload[]> {
    const current = this.#current;
    return Promise.resolve(current === null ? payloads : payloads.map((payload) => this.#seal(payload, current)));
  }

  /**
   * The payloads as they were. Rejects with PayloadKeyMissing where this process lacks the key, PayloadKeyWrong where it has
   * another one under the same id, PayloadDamaged where the payload is not what was written.
   */
  decode(payloads: Payload[]): Promise<Payload[]> {
    return new Promise((resolve) => {
      resolve(payloads.map((payload) => (isEncrypted(payload) ? this.#open(payload) : payload)));
    });
  }

  #seal(payload: Payload, { idBytes, key, check, authenticated }: UsableKey): Payload {
    const nonce = this.#nonces.next();
    const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(authenticated);
    const sealed = [cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()];
    return {
      metadata: { encoding: ENCODING_BYTES, [KEY_ID]: idBytes, [KEY_CHECK]: check },
      data: Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]),
    };
  }

  #open({ metadata, data }: Payload): Payload {
    const id = textOf(metadata?.[KEY_ID]);
    const known = this.#known.get(id);
    if (known === undefined) throw this.#missing(id);
    const { key, check, authenticated } = known;
    if (!check.equals(metadata?.[KEY_CHECK] ?? Buffer.alloc(0))) {
      const message = `A payload was encrypted with another key of the id ${shownId(id)} than the one that this process has.`;
      throw new LonghaulError('PayloadKeyWrong', message);
    }
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data ?? []);
    try {
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(authenticated)
        .setAuthTag(bytes.subarray(Math.max(NONCE_BYTES, bytes.length - TAG_BYTES)));
      const text = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
      const opened = PayloadMessage.decode(Buffer.concat(text));
      return { metadata: opened.metadata, data: opened.data };
    } catch (error) {
      const message = `A payload that was encrypted with the key ${shownId(id)} has been changed since, or is cut off.`;
      throw new LonghaulError('PayloadDamaged', message, {}, { cause: error });
    }
  }

  #missing(id: string): LonghaulError {
    const ids = [...this.#known.keys()];
    const has = ids.length === 0 ? 'this process has no keys' : `this process has ${ids.map(shownId).join(', ')} alone`;
    return new LonghaulError('PayloadKeyMissing', `A payload is encrypted with the key ${shownId(id)}, and ${has}.`);
  }
}
