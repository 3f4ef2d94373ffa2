import fc from 'fast-check';
import { DEFAULT_FILE_NAMES } from '../../../src/config/ingest-file-names';
import { fileNameOf, numbered } from '../../../src/ingest/keys';
import type { ParameterEntry } from '../../../src/ingest/parameters';
import { planIngest, type IngestRecord, type PlanOptions } from '../../../src/ingest/plan';
import { SourceUrl } from '../../../src/transfer/source-url';
import { errorOf } from '../config/support';

const OPTIONS: PlanOptions = {
  pathPrefix: 'raw',
  day: '2025-08-26',
  fileNames: DEFAULT_FILE_NAMES,
  contentType: 'text/csv',
  onCollision: 'error',
  ingestionTime: new Date('2025-08-26T01:02:03.004Z'),
  etag: '"e"',
};
const entriesOf = (urls: readonly string[]): ParameterEntry[] =>
  urls.map((url, index) => ({ index, url: new SourceUrl(url) }));
const plan = (urls: readonly string[], options: Partial<PlanOptions> = {}): IngestRecord[] =>
  planIngest(entriesOf(urls), { ...OPTIONS, ...options });
const keys = (urls: readonly string[], options: Partial<PlanOptions> = {}): string[] =>
  plan(urls, options).map(({ key }) => key);

test.each([
  ['https://h/x/Rent_Contracts-2025.CSV', 'rent_contracts.csv'],
  ['https://h/get?table=TRANSACTIONS', 'transactions.csv'],
  ['https://units.example.com/a.txt', 'units.csv'],
  ['https://h/projects/transactions.zip', 'transactions.csv'],
  ['https://h/rent%5Fcontracts', 'rent_contracts.csv'],
  ['https://units:p@h/a.txt', 'a.txt'],
  ['https://h/a%20b.json?x=1', 'a b.json'],
  ['https://h/', 'data.csv'],
  ['https://h/folder/', 'data.csv'],
  ['https://h/a%2F..%2Fb', 'a_.._b'],
])('%s is called %s', (url, name) => {
  expect(fileNameOf(new SourceUrl(url), DEFAULT_FILE_NAMES).name).toBe(name);
});

test('a record holds what the transfer needs', () => {
  expect(plan(['https://h/transactions'])).toEqual([
    {
      n: 0,
      kind: 'url',
      dataset: 'transactions',
      source: 'https://h/transactions',
      key: 'raw/2025/08/26/transactions.csv',
      contentType: 'text/csv',
      metadata: { source_url: 'https://h/transactions', ingestion_time: '2025-08-26T01:02:03.004Z' },
    },
  ]);
  expect(keys(['https://h/a'], { pathPrefix: '' })).toEqual(['2025/08/26/a']);
});

test('options of one URL win', () => {
  const entry = {
    index: 4,
    url: new SourceUrl('https://h/a'),
    key: 'raw/k',
    contentType: 'detect',
    sha256: 'ab',
    headersEnv: 'H',
  };
  const [record] = planIngest([entry], OPTIONS);
  expect(record).toMatchObject({ n: 0, key: 'raw/k', sha256: 'ab', headersEnv: 'H' });
  expect(record).not.toHaveProperty('contentType');
});

test('a query without secrets is kept; a signature, a token and a password are not', () => {
  expect(plan(['https://h/a?b=1#c'])[0]).toMatchObject({ source: 'https://h/a', url: 'https://h/a?b=1' });
  const signed = plan(['https://u:hush@h/a', 'https://h/b?X-Amz-Signature=hush', 'https://h/c?token=hush']);
  expect(JSON.stringify(signed)).not.toContain('hush');
  expect(signed.map(({ urlRef }) => urlRef)).toEqual([0, 1, 2].map((index) => ({ index, etag: '"e"' })));
});

test('two URLs with one key: an error that names both, or numbers', () => {
  const urls = ['https://h/1/a.csv?x=hush', 'https://h/a-2.csv', 'https://h/2/a.csv', 'https://h/3/a.csv'];
  expect(errorOf(() => plan(urls))).toMatchObject({
    code: 'KeyCollision',
    retryable: false,
    message:
      'https://h/1/a.csv (file_urls[0]) and https://h/2/a.csv (file_urls[2]) both give raw/2025/08/26/a.csv; ' +
      'https://h/1/a.csv (file_urls[0]) and https://h/3/a.csv (file_urls[3]) both give raw/2025/08/26/a.csv.',
  });
  const names = keys(urls, { onCollision: 'number' }).map((key) => key.slice('raw/2025/08/26/'.length));
  expect(names).toEqual(['a.csv', 'a-2.csv', 'a-3.csv', 'a-4.csv']);
});

test('failed files alone: by name, key or URL, under the keys of the whole list', () => {
  const urls = ['https://h/1/a.csv', 'https://h/2/a.csv?token=x', 'https://h/b.csv'];
  const chosen = (files: string[]): IngestRecord[] => plan(urls, { onCollision: 'number', files });
  expect(chosen(['a-2.csv']).map(({ n, key, urlRef }) => [n, key, urlRef?.index])).toEqual([
    [0, 'raw/2025/08/26/a-2.csv', 1],
  ]);
  expect(chosen(['https://h/2/a.csv', 'raw/2025/08/26/b.csv'])).toHaveLength(2);
  expect(errorOf(() => chosen(['b.csv', 'https://h/z?sig=hush']))).toMatchObject({
    code: 'InvalidInput',
    message: '"files" names what parameters.json does not hold: "https://h/z".',
  });
});

test('a key above 1,024 bytes is refused before anything moves', () => {
  expect(errorOf(() => plan([`https://h/${'x'.repeat(1_020)}`])).code).toBe('KeyTooLong');
});

test('numbers go before the extension', () => {
  expect(['f/a.b.csv', 'f.d/a', 'f/.env'].map((key) => numbered(key, 2))).toEqual([
    'f/a.b-2.csv',
    'f.d/a-2',
    'f/.env-2',
  ]);
});

const urlText = fc.webUrl({ withQueryParameters: true, withFragments: true });
/** Few different names, so that they collide. */
const collidingUrl = fc
  .tuple(fc.constantFrom('a', 'a-2', 'a-3', 'b'), fc.constantFrom('.csv', ''), fc.nat(3))
  .map(([name, extension, folder]) => `https://h/${folder}/${name}${extension}`);

test('keys are below the prefix and the day, of one segment each, without control characters', () => {
  fc.assert(
    fc.property(urlText, fc.webPath(), (url, path) => {
      for (const text of [url, `https://h/${path}`, `https://h/x/${encodeURIComponent(path)}`]) {
        const [key = ''] = keys([text]);
        expect(key).toMatch(/^raw\/2025\/08\/26\/[^/\\\p{Cc}]+$/u);
        expect(['.', '..']).not.toContain(key.split('/').at(-1));
      }
    }),
  );
});

test('numbering makes keys different and leaves the first of each alone', () => {
  fc.assert(
    fc.property(fc.array(collidingUrl, { maxLength: 30 }), (urls) => {
      const found = keys(urls, { onCollision: 'number' });
      expect(new Set(found).size).toBe(urls.length);
      const natural = urls.map((url) => keys([url])[0]);
      natural.forEach((key, n) => {
        if (natural.indexOf(key) === n) expect(found[n]).toBe(key);
      });
    }),
  );
});

test('metadata is ASCII and never holds a query or credentials', () => {
  fc.assert(
    fc.property(urlText, (url) => {
      const secret = new URL(url);
      secret.username = 'user';
      secret.password = 'hush';
      secret.search = `?sig=hush`;
      const { source_url: source = '' } = plan([secret.href])[0]?.metadata ?? {};
      expect(source).toMatch(/^https?:\/\/[\x21-\x7e]+$/);
      expect(source.startsWith(`${secret.protocol}//${secret.host}/`)).toBe(true);
      expect(source).not.toMatch(/[?#]/);
    }),
  );
});
