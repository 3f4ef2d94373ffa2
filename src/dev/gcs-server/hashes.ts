/**
 * Checksums as Cloud Storage writes them: base64 of the MD5, and of the CRC32C in big-endian order.
 * https://cloud.google.com/storage/docs/data-validation
 */
import { createHash } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';
import type { Content } from './content';

const encodeCrc32c = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
};

export interface Hashes {
  readonly crc32c: string;
  readonly md5Hash: string;
}

/** Both checksums of bytes that come in order. */
export class Hasher {
  readonly #md5 = createHash('md5');
  #crc32c = 0;

  update(chunk: Buffer): void {
    this.#md5.update(chunk);
    this.#crc32c = crc32c(chunk, this.#crc32c);
  }

  /** Once, at the end. */
  finish(): Hashes {
    return { crc32c: encodeCrc32c(this.#crc32c), md5Hash: this.#md5.digest('base64') };
  }
}

export const hashesOf = (bytes: Buffer): Hashes => {
  const hasher = new Hasher();
  hasher.update(bytes);
  return hasher.finish();
};

/** Read again from where they are stored: composing must not trust what was computed on the way in. */
export const crc32cOf = async (content: Content): Promise<string> => {
  let value = 0;
  for await (const chunk of content.read()) value = crc32c(chunk, value);
  return encodeCrc32c(value);
};

/** What a caller says the bytes hash to; both optional. */
export interface ExpectedHashes {
  readonly crc32c?: string;
  readonly md5Hash?: string;
}

/** `X-Goog-Hash: crc32c=…,md5=…` (once or as several lines) and `Content-MD5`. */
export const expectedFromHeaders = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
): ExpectedHashes => {
  const lines = [headers['x-goog-hash'] ?? []].flat().flatMap((line) => line.split(','));
  const value = (name: string): string | undefined =>
    lines
      .map((line) => line.trim())
      .find((line) => line.startsWith(`${name}=`))
      ?.slice(name.length + 1);
  const md5 = value('md5') ?? [headers['content-md5'] ?? []].flat()[0];
  const crc = value('crc32c');
  return { ...(crc === undefined ? {} : { crc32c: crc }), ...(md5 === undefined ? {} : { md5Hash: md5 }) };
};

/** What does not hold, in words; null where all that was said does. */
export const hashMismatch = (expected: ExpectedHashes, actual: Hashes): string | null => {
  for (const [name, said, computed] of [
    ['CRC32C', expected.crc32c, actual.crc32c],
    ['MD5 hash', expected.md5Hash, actual.md5Hash],
  ] as const) {
    if (said !== undefined && said !== computed) {
      return `Provided ${name} "${said}" doesn't match calculated ${name} "${computed}".`;
    }
  }
  return null;
};
