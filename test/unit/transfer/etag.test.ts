/** What ETags say, and which part sizes are worth trying. */
import * as fc from 'fast-check';
import { multipartChunkSizes, parseEtag } from '../../../src/transfer';

const MIB = 1024 * 1024;
const md5 = 'd41d8cd98f00b204e9800998ecf8427e';

test.each([
  [`"${md5}"`, { kind: 'md5', hex: md5 }],
  [md5.toUpperCase(), { kind: 'md5', hex: md5 }],
  [`"${md5}-12"`, { kind: 'multipart', hex: md5, parts: 12 }],
  [`${md5.toUpperCase()}-1`, { kind: 'multipart', hex: md5, parts: 1 }],
  [`${md5}-10000`, { kind: 'multipart', hex: md5, parts: 10_000 }],
  [`${md5}-10001`, { kind: 'opaque' }],
  [`${md5}-0`, { kind: 'opaque' }],
  [`${md5}-`, { kind: 'opaque' }],
  [`${md5}0`, { kind: 'opaque' }],
  ['', { kind: 'opaque' }],
  ['"0x8D4BCC2E4835CD0"', { kind: 'opaque' }],
])('%s', (text, parsed) => {
  expect(parseEtag(text)).toEqual(parsed);
});

test('any quoted and cased form of a multipart ETag is the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.integer({ min: 1, max: 10_000 }), (hash, parts) => {
      const hex = Buffer.from(hash).toString('hex');
      const forms = [`${hex}-${parts}`, `"${hex}-${parts}"`, `${hex.toUpperCase()}-${parts}`, `W/"${hex}-${parts}"`];
      for (const form of forms) expect(parseEtag(form)).toEqual({ kind: 'multipart', hex, parts });
    }),
  );
});

test('the configured size comes first, where it gives the number of parts', () => {
  expect(multipartChunkSizes(1000 * MIB, 2, 500 * MIB)[0]).toBe(500 * MIB);
  expect(multipartChunkSizes(1000 * MIB, 125, 500 * MIB)).toEqual([8 * MIB]);
});

test('a size that no tool has by default: the smallest whole MiB, after the known ones', () => {
  expect(multipartChunkSizes(77 * MIB, 11, 500 * MIB)).toEqual([8_000_000, 7 * MIB]);
});

test('one part is the whole object, whatever the size was; more parts than bytes are none', () => {
  expect(multipartChunkSizes(3, 1, 500 * MIB)).toEqual([3]);
  expect(multipartChunkSizes(0, 1, 500 * MIB)).toEqual([1]);
  expect(multipartChunkSizes(3, 2, 500 * MIB)).toEqual([]);
});

test('what any uploader with whole MiB does is found or shares its number of parts with what is; the list is bounded', () => {
  const sizes = fc.integer({ min: 1, max: 2 ** 42 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 5 * 1024 }), sizes, (bytes, chunkMib, configured) => {
      const parts = Math.ceil(bytes / (chunkMib * MIB));
      const found = multipartChunkSizes(bytes, parts, configured);
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(28);
      expect(new Set(found).size).toBe(found.length);
      for (const chunk of found) expect(Math.ceil(bytes / chunk)).toBe(parts);
      if (parts > 1 && [5, 8, 16, 500].includes(chunkMib)) expect(found).toContain(chunkMib * MIB);
    }),
  );
});
