import { KeySet } from '../../../src/client/lib/verify/key-set';
import { compare, isExpected, type Expected } from '../../../src/client/lib/verify/compare';
import { OUTCOMES } from '../../../src/model/records';
import { crc32Of, encodeCrc32 } from '../../../src/transfer';

const crc32 = crc32Of(Buffer.from('abc'));
const other = crc32Of(Buffer.from('abd'));
const line: Expected = {
  outcome: 'transferred',
  bytes: 3,
  crc32: encodeCrc32(crc32),
  versionId: 'v1',
  transferId: 't1',
};
const found = { bytes: 3, crc32, versionId: 'v1', transferId: 't1' };

it.each([
  ['the same', line, found, { equal: 'checksum' }],
  ['nothing there', line, undefined, { kind: 'missing' }],
  ['another size', line, { ...found, bytes: 4 }, { kind: 'size', detail: 'has 4 bytes instead of 3' }],
  ['another checksum', line, { ...found, crc32: other }, { kind: 'checksum' }],
  ['another version of the same bytes', line, { ...found, versionId: 'v2' }, { kind: 'newer' }],
  ['the same bytes by another run', line, { ...found, transferId: 't2' }, { detail: 'written since, by another run' }],
  ['the same bytes by others', line, { bytes: 3, crc32 }, { detail: 'written since, not by Longhaul' }],
  ['no checksum in the store', line, { bytes: 3, transferId: 't1' }, { equal: 'size' }],
  ['a file that was left as it was', { ...line, outcome: 'skipped', bytes: 0 }, found, { equal: 'size' }],
  ['a file that was left, and has gone', { ...line, outcome: 'skipped' }, undefined, { kind: 'missing' }],
] as const)('%s', (_, expected, there, verdict) => {
  expect(compare(expected, there)).toMatchObject(verdict);
});

it('what differs says whether it was written since', () => {
  expect(compare(line, { ...found, bytes: 4, transferId: 't2' })).toMatchObject({
    detail: 'has 4 bytes instead of 3; written since, by another run',
  });
});

it('only what a run has left is looked for', () => {
  expect(OUTCOMES.filter((outcome) => isExpected({ outcome }))).toEqual(['transferred', 'copied', 'skipped', 'healed']);
  // Given up by an operator, after it had failed.
  expect(isExpected({ outcome: 'skipped', errorCode: 'SourceNotFound' })).toBe(false);
});

it('a set of keys knows its own, in whatever order they came', () => {
  const keys = new KeySet();
  expect(keys.has('none')).toBe(false);
  for (let n = 0; n < 5_000; n += 1) keys.add(`prefix/${(n * 7919) % 5_000}`);
  expect(Array.from({ length: 5_000 }, (_, n) => keys.has(`prefix/${n}`)).every(Boolean)).toBe(true);
  expect(keys.has('prefix/5000')).toBe(false);
  keys.add('prefix/5000');
  expect(keys.has('prefix/5000')).toBe(true);
});
