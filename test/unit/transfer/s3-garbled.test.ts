/** A store's 200 whose document is cut off or missing says nothing: it is asked again, and never taken for an empty listing. */
import { listPrefix, type S3Destination } from '../../../src/transfer';
import { startAnsweringStore, type AnsweringStore } from '../../support/answering-store';

let store: AnsweringStore;
let destination: S3Destination;

beforeAll(async () => {
  store = await startAnsweringStore();
  ({ destination } = store);
});

afterAll(() => store.stop());

const { signal } = new AbortController();
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';
const CALLS: Readonly<Record<string, [root: string, call: () => Promise<unknown>]>> = {
  begin: ['InitiateMultipartUploadResult', () => destination.begin('key', { transferId: 't' }, signal)],
  listParts: ['ListPartsResult', () => destination.listParts('key', 'id', signal)],
  findUploads: ['ListMultipartUploadsResult', () => destination.findUploads('key', new Date(0), signal)],
  complete: [
    'CompleteMultipartUploadResult',
    () => destination.complete('key', 'id', { parts: [{ number: 1, bytes: 1, etag: '"e"' }], bytes: 1 }, signal),
  ],
};

for (const [name, [root, call]] of Object.entries(CALLS)) {
  test.each([
    ['cut off', `${HEAD}<${root}><UploadId>id</Uplo`],
    ['missing', ''],
    ['cut off after its first tag', `${HEAD}<${root}>`],
  ])(`${name}: an answer that is %s is asked for again`, async (_what, text) => {
    store.answer = { body: text };
    await expect(call()).rejects.toMatchObject({ code: 'DestinationUnavailable', retryable: true });
  });
}

test('a listing of objects that is missing is not an empty one', async () => {
  store.answer = { body: '' };
  const retry = { baseDelayMs: 1, maxDelayMs: 1, totalMs: 20 };
  const all = async (): Promise<void> => {
    for await (const object of listPrefix({
      client: store.client,
      bucket: 'bucket',
      prefix: '',
      side: 'destination',
      signal,
      retry,
    })) {
      throw new Error(`There is ${object.key}`);
    }
  };
  await expect(all()).rejects.toMatchObject({ code: 'DestinationUnavailable' });
});

test('an empty listing is one', async () => {
  store.answer = { body: `${HEAD}<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>` };
  await expect(destination.listParts('key', 'id', signal)).resolves.toEqual([]);
});

test('an object whose length is not told is not an empty one', async () => {
  store.answer = { body: 'dropped, because it is the answer to HEAD' };
  await expect(destination.stat('key', signal)).rejects.toMatchObject({ code: 'DestinationUnavailable' });
});
