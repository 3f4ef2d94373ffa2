/** Hashing in order whatever order the parts come in. */
import { createHash, randomBytes } from 'node:crypto';
import { OrderedSha256 } from '../../../src/transfer/content-hash';

const parts = [randomBytes(5 * 1024 * 1024 + 3), randomBytes(10), Buffer.alloc(0), randomBytes(70_000)];
const expected = createHash('sha256').update(Buffer.concat(parts)).digest('hex');
const { signal } = new AbortController();

test.each([[[1, 2, 3, 4]], [[4, 3, 2, 1]], [[2, 4, 1, 3]]])('parts in the order %j', async (order) => {
  const hash = new OrderedSha256();
  await Promise.all(order.map((number) => hash.add(number, parts[number - 1]!, signal)));
  expect(hash.hex()).toBe(expected);
});

test('a part that waits for its turn ends with the signal', async () => {
  const hash = new OrderedSha256();
  const abort = new AbortController();
  const waiting = hash.add(2, parts[1]!, abort.signal);
  abort.abort(new Error('told to stop'));
  await expect(waiting).rejects.toThrow('told to stop');
  await expect(hash.add(3, parts[2]!, abort.signal)).rejects.toThrow('told to stop');
});

test('the hash of nothing', async () => {
  const hash = new OrderedSha256();
  await hash.add(1, Buffer.alloc(0), signal);
  expect(hash.hex()).toBe(createHash('sha256').digest('hex'));
});
