/** Parts of a staged object are numbered as they are begun, whenever the answers come to those before them. */
import { ChunkObject } from '../../../src/load/stage/chunk-object';
import { MemoryBudget, type S3Destination } from '../../../src/transfer';

const PART_BYTES = 5 * 1024 * 1024;

it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('answers after %d turns of the event loop', async (turns) => {
  const numbers: number[] = [];
  // Scripted: the answers must come at given moments.
  const staging = {
    begin: () => Promise.resolve('upload'),
    writePart: async (_key: string, _upload: string, part: { number: number; body: Buffer; crc32: number }) => {
      numbers.push(part.number);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      return Promise.resolve({ number: part.number, bytes: part.body.length, etag: '"e"', crc32: part.crc32 });
    },
    complete: () => Promise.resolve({}),
  } as unknown as S3Destination;
  const { signal } = new AbortController();
  const memory = new MemoryBudget(8 * PART_BYTES);
  const object = new ChunkObject({ staging, key: 'key', memory, signal, partBytes: PART_BYTES });
  const part = Buffer.alloc(PART_BYTES);
  for (let n = 0; n < 6; n += 1) {
    await object.append(part);
  }
  await object.close();
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
});
