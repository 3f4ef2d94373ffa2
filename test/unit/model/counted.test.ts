import { isCounted, readCounts } from '../../../src/model/counted';

test('an answer with counts is told from every other answer', () => {
  expect(isCounted({ result: { a: 1 }, s3Requests: { put_object: 1 } })).toBe(true);
  expect(isCounted({ s3Requests: { put_object: 1 } })).toBe(true);
  for (const other of [
    undefined,
    null,
    7,
    [],
    {},
    { result: 1 },
    { s3Requests: 'many' },
    { s3Requests: {}, more: 1 },
  ]) {
    expect(isCounted(other)).toBe(false);
  }
});

test('counts of an unknown shape count as none', () => {
  expect(readCounts({ get_object: 2 })).toEqual({ get_object: 2 });
  for (const other of [undefined, null, 'x', [1], { get_object: '2' }]) expect(readCounts(other)).toBeUndefined();
});
