/** Whether a part that an earlier attempt has left holds the bytes at hand. */
import { createHash } from 'node:crypto';
import { crc32Of } from '../../../src/transfer';
import { isSamePart } from '../../../src/transfer/same-part';

const body = Buffer.from('the bytes at hand');
const sums = { crc32: crc32Of(body) };
const md5 = createHash('md5').update(body).digest('hex');
const listed = { number: 1, bytes: body.length, etag: '"opaque"' };

test('by its checksum, whatever the ETag says', () => {
  expect(isSamePart({ ...listed, ...sums }, body, sums)).toBe(true);
  expect(isSamePart({ ...listed, crc32: 1, etag: `"${md5}"` }, body, sums)).toBe(false);
});

test('by an ETag that is its MD5, where the store lists no checksums', () => {
  expect(isSamePart({ ...listed, etag: `"${md5.toUpperCase()}"` }, body, sums)).toBe(true);
  expect(isSamePart(listed, body, sums)).toBe(false);
});

test('never with another length', () => {
  expect(isSamePart({ ...listed, ...sums, bytes: 1, etag: md5 }, body, sums)).toBe(false);
});
