/** CRC32 as S3 writes it, and the CRC32 of two blocks joined, from theirs alone. */
import { crc32 } from 'node:zlib';

export const crc32Of = (data: Buffer): number => crc32(data);

/** Base64 of the four bytes, most significant first (Amazon S3 API Reference, "Checking object integrity"). */
export function encodeCrc32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.toString('base64');
}

/** Undefined for anything but four bytes: composite checksums end in `-N` and mean something else. */
export function decodeCrc32(text: string | undefined): number | undefined {
  if (text === undefined || text.includes('-')) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 4 ? bytes.readUInt32BE() : undefined;
}

/** The reflected polynomial of CRC-32 (IEEE 802.3), as zlib uses it. */
const POLYNOMIAL = 0xedb88320;

/** a(x) · b(x) mod p(x) over GF(2), bit-reflected: bit 31 is x^0. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b >>> 0;
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor;
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}

/** x^(8·lengthBytes) mod p(x), by squaring. Plain arithmetic on the length: it may exceed 32 bits. */
function shiftOf(lengthBytes: number): number {
  let result = 0x80000000;
  let power = 0x00800000; // x^8: one byte
  for (let rest = lengthBytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(result, power);
    power = multiply(power, power);
  }
  return result;
}

/**
 * The CRC32 of A followed by B, given the CRC32 of each and B's length (zlib's crc32_combine). This is what lets parts
 * move in parallel, over several attempts and processes, and still give the checksum of the whole object.
 */
export const combineCrc32 = (crcA: number, crcB: number, lengthBytesB: number): number =>
  (multiply(shiftOf(lengthBytesB), crcA) ^ crcB) >>> 0;
