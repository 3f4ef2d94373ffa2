/** The keys of payload encryption, from the environment or a file. Off where neither variable is set. */
import { readFileSync } from 'node:fs';
import { LonghaulError } from '../model/errors';
import { Secret } from '../model/secret';
import { type EnvironmentVariables, readVariable } from './read-variable';
import { PAYLOAD_KEYS, PAYLOAD_KEYS_FILE } from './payload-variables';

export interface PayloadKey {
  readonly id: string;
  /** 32 bytes in base64. */
  readonly secret: Secret;
}

export interface PayloadKeys {
  /** What new payloads are encrypted with; null: they are written as they are. */
  readonly current: PayloadKey | null;
  /** All that payloads can be decrypted with, the current one among them. */
  readonly known: readonly PayloadKey[];
}

export const NO_PAYLOAD_KEYS: PayloadKeys = { current: null, known: [] };

/** In the place of the current key: write nothing encrypted, still read what is. */
const PLAIN = 'plain';
/** AES-256. */
const KEY_BYTES = 32;
const MAKE_ONE = 'make one with: openssl rand -base64 32';

/** The value without what may be a key: a message must not show one that stands in the wrong place. */
const idOf = (entry: string): string | null => {
  const colon = entry.indexOf(':');
  const id = colon < 0 ? '' : entry.slice(0, colon);
  // A whole key in the place of the id would be shown otherwise.
  return /^[A-Za-z0-9._-]{1,40}$/.test(id) ? id : null;
};

const bytesOf = (text: string): number | null =>
  /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 !== 1 ? Buffer.from(text, 'base64').length : null;

/** What is wrong with the list, in the order of its entries; nothing of a key's value. */
const faultsOf = (entries: readonly string[]): string[] => {
  const faults: string[] = [];
  const seen = new Set<string>();
  entries.forEach((entry, index) => {
    const place = `entry ${index + 1}`;
    if (entry === PLAIN) {
      if (index > 0)
        faults.push(`${place} is "${PLAIN}", which is for the first place: it says that nothing is encrypted`);
      return;
    }
    const id = idOf(entry);
    if (id === null) {
      faults.push(`${place} must be id:key with an id of 1 to 40 letters, digits, dots, dashes and underscores`);
      return;
    }
    if (id === PLAIN) faults.push(`${place} has the id "${PLAIN}", which is a word of its own`);
    if (seen.has(id)) faults.push(`the id "${id}" is there twice: give each key an id of its own`);
    seen.add(id);
    const sizeBytes = bytesOf(entry.slice(id.length + 1));
    if (sizeBytes === null) faults.push(`the key "${id}" is not base64; ${MAKE_ONE}`);
    else if (sizeBytes !== KEY_BYTES) {
      faults.push(`the key "${id}" has ${sizeBytes} bytes, and AES-256 needs ${KEY_BYTES}; ${MAKE_ONE}`);
    }
  });
  return faults;
};

const readFile = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new LonghaulError('ConfigInvalid', `${PAYLOAD_KEYS_FILE}: the file ${file} cannot be read (${reason}).`);
  }
};

/**
 * Reads the keys. Throws ConfigInvalid that names the variable and everything that is wrong in it, and never shows a key.
 * They are read from the process's own environment alone: what stands in a project's config could come into a history.
 */
export const readPayloadKeys = (env: EnvironmentVariables = process.env): PayloadKeys => {
  const list = readVariable(env, PAYLOAD_KEYS);
  const file = readVariable(env, PAYLOAD_KEYS_FILE);
  if (list === null && file === null) return NO_PAYLOAD_KEYS;
  if (list !== null && file !== null) {
    throw new LonghaulError(
      'ConfigInvalid',
      `${PAYLOAD_KEYS} and ${PAYLOAD_KEYS_FILE} are both set: keep one of them.`,
    );
  }
  const name = list === null ? PAYLOAD_KEYS_FILE : PAYLOAD_KEYS;
  const text = list ?? readFile(file ?? '').replace(/^\s*#.*$/gm, '');
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  const faults = entries.length === 0 ? ['there is no key in it'] : faultsOf(entries);
  if (faults.length > 0) throw new LonghaulError('ConfigInvalid', `${name}: ${faults.join('; ')}.`);
  const known = entries
    .filter((entry) => entry !== PLAIN)
    .map((entry): PayloadKey => {
      const colon = entry.indexOf(':');
      return { id: entry.slice(0, colon), secret: new Secret(entry.slice(colon + 1)) };
    });
  return { current: entries[0] === PLAIN ? null : (known[0] ?? null), known };
};
