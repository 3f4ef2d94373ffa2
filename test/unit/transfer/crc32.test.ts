/** Checksums of joined blocks: CRC32 against zlib itself, CRC32C against its published values. */
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { agreement, algorithmsFor, checksumsOf, checksumsOfParts } from '../../../src/transfer/checksums';
import { crc32OfParts } from '../../../src/transfer/integrity';
import {
  combineCrc32,
  combineCrc32c,
  crc32cOf,
  crc32Of,
  decodeCrc32,
  encodeCrc32,
} from '../../../src/transfer/lib/crc32';

const block = fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes));

test('our CRC32 is that of zlib', () => {
  fc.assert(fc.property(block, (data) => expect(crc32Of(data)).toBe(crc32(data))));
});

test.each([
  ['', 0],
  ['123456789', 0xe3069283],
  [Buffer.alloc(32), 0x8a9136aa],
  [Buffer.alloc(32, 0xff), 0x62a8ab43],
  [Buffer.from(Array.from({ length: 32 }, (_, n) => n)), 0x46dd794e],
])('CRC32C of RFC 3720 appendix B.4: %p', (data, sum) => {
  expect(crc32cOf(Buffer.from(data))).toBe(sum);
});

test('combining any two blocks gives the CRC32C of both', () => {
  fc.assert(
    fc.property(block, block, (a, b) => {
      expect(combineCrc32c(crc32cOf(a), crc32cOf(b), b.length)).toBe(crc32cOf(Buffer.concat([a, b])));
    }),
  );
});

test('any cut into parts gives both checksums of the whole', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 20 }), (blocks) => {
      const parts = blocks.map((data) => ({ bytes: data.length, ...checksumsOf(data, ['crc32', 'crc32c']) }));
      expect(checksumsOfParts(parts)).toEqual(checksumsOf(Buffer.concat(blocks), ['crc32', 'crc32c']));
    }),
  );
});

test('one hash is held against both ends where they have one in common', () => {
  expect(algorithmsFor(['crc32', 'crc32c'], {})).toEqual(['crc32']);
  expect(algorithmsFor(['crc32', 'crc32c'], { crc32: 1 })).toEqual(['crc32']);
  expect(algorithmsFor(['crc32', 'crc32c'], { crc32c: 1 })).toEqual(['crc32c']);
  expect(algorithmsFor(['crc32c'], { crc32: 1 })).toEqual(['crc32c', 'crc32']);
  expect(algorithmsFor(['crc32c'], { crc32: 1, crc32c: 2 })).toEqual(['crc32c']);
});

test('checksums agree by what they have in common', () => {
  expect(agreement({ crc32: 1 }, { crc32: 1 })).toBe('crc32');
  expect(agreement({ crc32: 1, crc32c: 2 }, { crc32c: 2 })).toBe('crc32c');
  expect(agreement({ crc32: 1, crc32c: 2 }, { crc32: 1, crc32c: 3 })).toBe(false);
  expect(agreement({ crc32: 1 }, { crc32c: 1 })).toBeUndefined();
});

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
