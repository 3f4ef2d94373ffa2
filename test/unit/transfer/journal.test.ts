/** The journal of a partial file, torn and tampered with. */
import * as fc from 'fast-check';
import { headLine, partLine, readJournal } from '../../../src/transfer/file/journal';
import type { ListedPart } from '../../../src/transfer';

const head = headLine({ transferId: 't', partSizeBytes: 5, sizeBytes: 23, metadata: { etag: 'x' } });
const part = (number: number): ListedPart => ({ number, bytes: 5, crc32: number * 1000, etag: 'any' });
const numbers = (text: string): number[] | undefined => readJournal(text, head)?.map(({ number }) => number);

test('what is written is read, in order, the last word on a part counting', () => {
  const again = { ...part(2), bytes: 4 };
  const read = readJournal(head + [part(3), part(2), part(1), again].map(partLine).join(''), head);
  expect(read?.map(({ number, bytes, crc32 }) => [number, bytes, crc32])).toEqual([
    [1, 5, 1000],
    [2, 4, 2000],
    [3, 5, 3000],
  ]);
});

test('of another transfer, another version of the source or of the format: as if there were none', () => {
  const body = partLine(part(1));
  const other = { transferId: 't', partSizeBytes: 5, sizeBytes: 23, metadata: { etag: 'y' } };
  expect(numbers(headLine(other) + body)).toBeUndefined();
  expect(numbers(headLine({ ...other, metadata: { etag: 'x' }, transferId: 'u' }) + body)).toBeUndefined();
  expect(numbers(head.replace('"v":1', '"v":2') + body)).toBeUndefined();
  expect(numbers('')).toBeUndefined();
  expect(numbers(head.slice(0, -1))).toBeUndefined();
});

test('cut anywhere, only whole lines count', () => {
  const lines = [1, 2, 3].map((number) => partLine(part(number)));
  const text = head + lines.join('');
  for (let length = head.length; length <= text.length; length += 1) {
    let whole = 0;
    for (let end = head.length; whole < 3 && end + lines[whole]!.length <= length; whole += 1)
      end += lines[whole]!.length;
    expect(numbers(text.slice(0, length))).toEqual([1, 2, 3].slice(0, whole));
  }
});

test('a damaged byte, a torn line in the middle or zeros cost their own lines alone', () => {
  const [one, two, three] = [1, 2, 3].map((number) => partLine(part(number)));
  expect(numbers(`${head}${one}${two!.replace('5', '6')}${three}`)).toEqual([1, 3]);
  expect(numbers(`${head}${one}${two!.slice(0, 9)}${three}${two}`)).toEqual([1, 2]);
  expect(numbers(`${head}${one}${'\0'.repeat(64)}\n${three}`)).toEqual([1, 3]);
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (rubbish) => {
      expect(numbers(`${head}${one}${rubbish}\n${three}`)).toEqual([1, 3]);
    }),
  );
});
