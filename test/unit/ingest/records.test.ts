import { recordUrl, type ParametersDocument } from '../../../src/ingest/record-url';
import type { IngestRecord } from '../../../src/ingest/plan';
import { readState, stateKey, stateOf } from '../../../src/ingest/state';
import { SourceUrl } from '../../../src/transfer/source-url';

const record = (more: Partial<IngestRecord> = {}): IngestRecord => ({
  n: 0,
  kind: 'url',
  dataset: 'other',
  source: 'https://h/a',
  key: 'raw/2025/08/26/a',
  ...more,
});
const documentOf = (etag: string, ...urls: string[]): ParametersDocument => ({
  etag,
  entries: urls.map((url, index) => ({ index, url: new SourceUrl(url) })),
});

test('a URL that may be stored needs no document', async () => {
  const never = (): Promise<never> => Promise.reject(new Error('read'));
  expect((await recordUrl(record(), never)).reveal().href).toBe('https://h/a');
  expect((await recordUrl(record({ url: 'https://h/a?b=1' }), never)).reveal().href).toBe('https://h/a?b=1');
});

test('a signed URL is read again from the same document, and from no other', async () => {
  const signed = record({ urlRef: { index: 1, etag: '"1"' } });
  const read = (document: ParametersDocument) => (): Promise<ParametersDocument> => Promise.resolve(document);
  const url = await recordUrl(signed, read(documentOf('"1"', 'https://h/z', 'https://h/a?sig=hush')));
  expect(url.reveal().search).toBe('?sig=hush');
  const changed = { code: 'ParametersChanged', message: expect.not.stringContaining('hush') as string };
  for (const other of [
    documentOf('"2"', 'https://h/z', 'https://h/a?sig=hush'),
    documentOf('"1"', 'https://h/a?sig=hush'),
    documentOf('"1"', 'https://h/a', 'https://h/z?sig=hush'),
  ]) {
    await expect(recordUrl(signed, read(other))).rejects.toMatchObject(changed);
  }
});

test('the state of a URL does not depend on the day or on a signature, but on its query', () => {
  const key = (more: Partial<IngestRecord> = {}): string => stateKey('_longhaul/ingest', record(more));
  expect(key()).toMatch(/^_longhaul\/ingest\/state\/[0-9a-f]{64}\.json$/);
  expect(key({ key: 'raw/2025/08/27/a' })).toBe(key());
  expect(key({ url: 'https://h/a?id=1' })).not.toBe(key({ url: 'https://h/a?id=2' }));
  const signed = { urlRef: { index: 0, etag: '"1"' } };
  expect(key(signed)).toBe(key({ urlRef: { index: 7, etag: '"2"' }, key: 'raw/2025/08/27/a' }));
  expect(key(signed)).not.toBe(key({ ...signed, key: 'raw/2025/08/26/a-2' }));
});

test('a state survives its file; other shapes count as none', () => {
  const moved = { bytes: 7, at: new Date('2025-08-26T00:00:00Z') };
  const state = stateOf(record(), { etag: 'W/"1"' }, moved);
  expect(readState(JSON.parse(JSON.stringify(state)))).toEqual(state);
  expect(stateOf(record(), {}, moved)).toBeNull();
  const bare = { ...state, etag: undefined };
  for (const other of [
    null,
    'x',
    {},
    { ...state, v: 2 },
    { ...state, etag: 'a\r\nb' },
    { ...state, bytes: '7' },
    bare,
  ]) {
    expect(readState(other)).toBeNull();
  }
});
