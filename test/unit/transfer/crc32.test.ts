/** CRC32 of joined blocks, against zlib itself. */
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { crc32OfParts } from '../../../src/transfer/integrity';
import { combineCrc32, decodeCrc32, encodeCrc32 } from '../../../src/transfer/lib/crc32';

test('combining any two blocks gives the checksum of both', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.uint8Array({ maxLength: 5000 }), (a, b) => {
      expect(combineCrc32(crc32(a), crc32(b), b.length)).toBe(crc32(Buffer.concat([a, b])));
    }),
  );
});

test('any cut into parts gives the checksum of the whole', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (blocks) => {
      const parts = blocks.map((block) => ({ bytes: block.length, crc32: crc32(block) }));
      expect(crc32OfParts(parts)).toBe(crc32(Buffer.concat(blocks)));
    }),
  );
});

test('lengths above 32 bits: a block of zeros, doubled forty times', () => {
  // crc(A ++ A) by combining must agree with combining halves in another grouping, at any length.
  let crc = crc32(Buffer.alloc(1024));
  let length = 1024;
  for (let doubling = 0; doubling < 30; doubling += 1) {
    const tripled = combineCrc32(combineCrc32(crc, crc, length), crc, length);
    expect(combineCrc32(crc, combineCrc32(crc, crc, length), 2 * length)).toBe(tripled);
    crc = combineCrc32(crc, crc, length);
    length *= 2;
  }
  expect(length).toBeGreaterThan(2 ** 32);
});

test('a part without a checksum leaves the whole without one', () => {
  expect(crc32OfParts([{ bytes: 1, crc32: 5 }, { bytes: 1 }])).toBeUndefined();
});

test('as S3 writes it', () => {
  expect(encodeCrc32(crc32('hello'))).toBe('NhCmhg==');
  expect(decodeCrc32('NhCmhg==')).toBe(crc32('hello'));
  expect(decodeCrc32('NhCmhg==-3')).toBeUndefined();
  expect(decodeCrc32('AAA=')).toBeUndefined();
  expect(decodeCrc32(undefined)).toBeUndefined();
});
