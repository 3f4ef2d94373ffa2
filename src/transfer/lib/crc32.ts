/** CRC32 and CRC32C as S3 and GCS write them, and those of two blocks joined, from theirs alone. */
import { crc32, crc32c } from '@node-rs/crc32';

/** Native: 16 GB/s on one core, where zlib's does 4. */
export const crc32Of = (data: Buffer): number => crc32(data);

/** Native: 5 GB/s on one core. */
export const crc32cOf = (data: Buffer): number => crc32c(data);

/** Base64 of the four bytes, most significant first (Amazon S3 API Reference, "Checking object integrity"). */
export function encodeCrc32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.toString('base64');
}

/** Undefined for anything but base64 of four bytes: composite checksums end in `-N` and mean something else. */
export function decodeCrc32(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  // Node takes whatever it can make sense of for base64.
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 4 && bytes.toString('base64') === text ? bytes.readUInt32BE() : undefined;
}

/** Reflected polynomials: CRC-32 (IEEE 802.3), as zlib uses it, and CRC-32C (Castagnoli, RFC 3720 appendix B.4). */
const CRC32_POLYNOMIAL = 0xedb88320;
const CRC32C_POLYNOMIAL = 0x82f63b78;

/** a(x) · b(x) mod p(x) over GF(2), bit-reflected: bit 31 is x^0. */
function multiply(a: number, b: number, polynomial: number): number {
  let product = 0;
  let factor = b >>> 0;
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor;
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ polynomial;
  }
  return product >>> 0;
}

/** x^(8·lengthBytes) mod p(x), by squaring. Plain arithmetic on the length: it may exceed 32 bits. */
function shiftOf(lengthBytes: number, polynomial: number): number {
  let result = 0x80000000;
  let power = 0x00800000; // x^8: one byte
  for (let rest = lengthBytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(result, power, polynomial);
    power = multiply(power, power, polynomial);
  }
  return result;
}

/**
 * The CRC32 of A followed by B, given the CRC32 of each and B's length (zlib's crc32_combine). This is what lets parts
 * move in parallel, over several attempts and processes, and still give the checksum of the whole object.
 */
export const combineCrc32 = (crcA: number, crcB: number, lengthBytesB: number): number =>
  combine(crcA, crcB, lengthBytesB, CRC32_POLYNOMIAL);

/** The same for CRC32C. */
export const combineCrc32c = (crcA: number, crcB: number, lengthBytesB: number): number =>
  combine(crcA, crcB, lengthBytesB, CRC32C_POLYNOMIAL);

const combine = (crcA: number, crcB: number, lengthBytesB: number, polynomial: number): number =>
  (multiply(shiftOf(lengthBytesB, polynomial), crcA, polynomial) ^ crcB) >>> 0;
