/** UrlBook against a provider that counts and holds its listings: only the sharing of calls is of interest here. */
import { LonghaulError } from '../../../src/model/errors';
import type { ExportProvider, ExportRecord } from '../../../src/providers/types';
import { UrlBook } from '../../../src/providers/url-book';
import { SourceUrl } from '../../../src/transfer/source-url';

const REF = { dataset: 'asset', pathname: '/asset/a%20b.parquet' };
const forever = new AbortController().signal;

interface Scripted {
  readonly provider: ExportProvider;
  readonly calls: () => number;
  readonly signals: AbortSignal[];
  /** Replaces what the next listings do. */
  answer: (call: number) => Promise<ExportRecord[]>;
}

const records = (call: number): ExportRecord[] => [
  { kind: 'url', dataset: 'asset', url: new SourceUrl(`https://f.test${REF.pathname}?X-Amz-Signature=${call}`) },
  { kind: 'prefix', dataset: null, prefix: 's3://bucket/path' },
];

const scripted = (key?: string): Scripted => {
  let calls = 0;
  const never = (): never => {
    throw new Error('not of interest');
  };
  const self: Scripted = {
    calls: () => calls,
    signals: [],
    answer: (call) => Promise.resolve(records(call)),
    provider: {
      name: 'scripted',
      ...(key === undefined ? {} : { key }),
      checkAccess: never,
      exportName: never,
      createExport: never,
      pollExport: never,
      mayBeEmpty: never,
      listRecords: (_exportId, signal) => {
        self.signals.push(signal);
        return self.answer(++calls);
      },
    },
  };
  return self;
};

const signatureOf = (url: SourceUrl): string | null => url.reveal().searchParams.get('X-Amz-Signature');

test('many resolves at once, and later ones, share one listing', async () => {
  const { provider, calls } = scripted();
  const book = new UrlBook();
  const urls = await Promise.all(Array.from({ length: 16 }, () => book.resolve(provider, 'x', REF, forever)));
  expect(new Set(urls.map(signatureOf))).toEqual(new Set(['1']));
  expect(signatureOf(await book.resolve(provider, 'x', { position: 0 }, forever))).toBe('1');
  expect(calls()).toBe(1);
});

test('a listing is used for ten minutes', async () => {
  const { provider, calls } = scripted();
  let nowMs = 0;
  const book = new UrlBook(undefined, () => nowMs);
  await book.resolve(provider, 'x', REF, forever);
  nowMs = 599_999;
  await book.resolve(provider, 'x', REF, forever);
  expect(calls()).toBe(1);
  nowMs = 600_000;
  expect(signatureOf(await book.resolve(provider, 'x', REF, forever))).toBe('2');
});

test('16 lanes whose URL failed cause one new listing, also those that come late', async () => {
  const { provider, calls } = scripted();
  const book = new UrlBook();
  const failed = await book.resolve(provider, 'x', REF, forever);
  const refresh = () => book.refresh(provider, 'x', REF, failed, forever);
  const together = await Promise.all(Array.from({ length: 16 }, refresh));
  expect(new Set(together.map(signatureOf))).toEqual(new Set(['2']));
  expect(signatureOf(await refresh())).toBe('2');
  expect(calls()).toBe(2);
  const second = await refresh();
  expect(signatureOf(await book.refresh(provider, 'x', REF, second, forever))).toBe('3');
});

test('exports and accounts do not share listings', async () => {
  const [one, other] = [scripted('a'), scripted('b')];
  const book = new UrlBook();
  await book.resolve(one.provider, 'x', REF, forever);
  await book.resolve(one.provider, 'y', REF, forever);
  await book.resolve(other.provider, 'x', REF, forever);
  expect([one.calls(), other.calls()]).toEqual([2, 1]);
});

test('a record that the export no longer names is SourceNotFound', async () => {
  const { provider } = scripted();
  const book = new UrlBook();
  for (const ref of [{ ...REF, dataset: 'other' }, { position: 1 }, { position: 9 }]) {
    await expect(book.resolve(provider, 'x', ref, forever)).rejects.toMatchObject({ code: 'SourceNotFound' });
  }
});

test('a failed listing reaches all who wait and is not remembered', async () => {
  const script = scripted();
  const book = new UrlBook();
  script.answer = () => Promise.reject(new LonghaulError('ApiThrottled', 'slow down'));
  const both = await Promise.allSettled([1, 2].map(() => book.resolve(script.provider, 'x', REF, forever)));
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(script.calls()).toBe(1);
  script.answer = (call) => Promise.resolve(records(call));
  expect(signatureOf(await book.resolve(script.provider, 'x', REF, forever))).toBe('2');
});

test('one caller that leaves does not take the listing from the other; the last one ends it', async () => {
  const script = scripted();
  const book = new UrlBook();
  let finish: (records: ExportRecord[]) => void = () => undefined;
  script.answer = () => new Promise((resolve) => (finish = resolve));
  const first = new AbortController();
  const leaving = book.resolve(script.provider, 'x', REF, first.signal);
  const staying = book.resolve(script.provider, 'x', REF, forever);
  first.abort(new Error('cancelled'));
  await expect(leaving).rejects.toThrow('cancelled');
  expect(script.signals[0]?.aborted).toBe(false);
  finish(records(1));
  expect(signatureOf(await staying)).toBe('1');

  const alone = new AbortController();
  const last = book.resolve(script.provider, 'y', REF, alone.signal);
  alone.abort(new Error('cancelled'));
  await expect(last).rejects.toThrow('cancelled');
  expect(script.signals[1]?.aborted).toBe(true);
  script.answer = (call) => Promise.resolve(records(call));
  expect(signatureOf(await book.resolve(script.provider, 'y', REF, forever))).toBe('3');
});
