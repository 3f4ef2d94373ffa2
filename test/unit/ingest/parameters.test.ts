import { MAX_PARAMETERS_BYTES, parseParameters, type ParameterEntry } from '../../../src/ingest/parameters';
import { errorOf } from '../config/support';

const OPTIONS = {
  display: 's3://b/config/parameters.json',
  pathPrefix: 'raw',
  controlPrefix: '_longhaul/ingest',
  parametersKey: 'config/parameters.json',
};
const parse = (value: unknown): ParameterEntry[] =>
  parseParameters(typeof value === 'string' ? value : JSON.stringify(value), OPTIONS);
const faultOf = (value: unknown): string => {
  const { code, message } = errorOf(() => parse(value));
  expect(code).toBe('ParametersLoad');
  return message;
};

test('strings and objects', () => {
  const sha256 = 'AB'.repeat(32);
  const entries = parse({
    file_urls: [
      'https://h/a.csv?x=1',
      { url: 'http://h/b', key: 'raw/b.csv', headers_env: 'H_B', content_type: 'detect', sha256 },
    ],
  });
  expect(entries[0]).toMatchObject({ index: 0, url: { display: 'https://h/a.csv' } });
  expect(entries[1]).toMatchObject({ index: 1, key: 'raw/b.csv', headersEnv: 'H_B', contentType: 'detect' });
  expect(entries[1]?.sha256).toBe('ab'.repeat(32));
});

test('an empty list is fine', () => {
  expect(parse({ file_urls: [] })).toEqual([]);
});

test.each([
  ['', 'line 1, column 1: a value is missing'],
  ['[]', 'the file must hold one object'],
  ['{"file_urls": [\n"https://h/a",\n]}', 'line 3, column 1'],
  ['{}', '"file_urls" is missing'],
  ['{"file_urls": "https://h/a"}', '"file_urls" must be a list, not string'],
  ['{"file_urls": [], "file_url": 1}', 'unknown key "file_url"'],
  ['{"file_urls": [], "file_urls": []}', '"file_urls" is given twice'],
  [{ file_urls: [7] }, 'file_urls[0] must be a URL or an object with "url", not number'],
  [{ file_urls: ['https://h/a', null] }, 'file_urls[1] must be a URL or an object with "url", not null'],
  [{ file_urls: ['ftp://h/a?secret'] }, 'file_urls[0] is not an http or https URL: ftp://h/a (line 1'],
  [{ file_urls: ['//u:secret@h/a'] }, 'file_urls[0] is not an http or https URL: h/a'],
  [{ file_urls: [{}] }, 'file_urls[0] has no "url"'],
  [{ file_urls: [{ url: 'https://h/a', keys: 'x' }] }, 'file_urls[0] has the unknown field "keys"'],
  [{ file_urls: [{ url: 'https://h/a', sha256: 'abc' }] }, 'file_urls[0] "sha256" must be 64 hex digits'],
  [{ file_urls: [{ url: 'https://h/a', headers_env: 'A B' }] }, '"headers_env" must be the name of an environment'],
  [{ file_urls: [{ url: 'https://h/a', content_type: 'csv' }] }, '"content_type" must be a media type'],
  [{ file_urls: [{ url: 'https://h/a', key: 7 }] }, '"key" must be text, not number'],
  [
    { file_urls: [{ url: 'https://h/a', key: '../x' }] },
    'file_urls[0] "key" must not have an empty segment, "." or ".."',
  ],
  [{ file_urls: [{ url: 'https://h/a', key: 'rawx/a' }] }, 'must begin with "raw/"'],
])('refuses %j', (value, fault) => {
  const message = faultOf(value);
  expect(message).toContain('s3://b/config/parameters.json');
  expect(message).toContain(fault);
  expect(message).not.toContain('secret');
});

test('all problems at once, twenty of them spelled out', () => {
  const message = faultOf({ file_urls: Array.from({ length: 25 }, () => 'x') });
  expect(message).toContain('file_urls[0]');
  expect(message).toContain('file_urls[19]');
  expect(message).not.toContain('file_urls[20]');
  expect(message).toContain('and 5 more problems');
});

test('a document beyond the limit is refused', () => {
  expect(faultOf(' '.repeat(MAX_PARAMETERS_BYTES + 1))).toContain(`${MAX_PARAMETERS_BYTES} are allowed`);
});

test('a list may not name the files of Longhaul itself, also where the prefix is empty', () => {
  const refusal = (key: string): unknown =>
    errorOf(() =>
      parseParameters(JSON.stringify({ file_urls: [{ url: 'https://h/a', key }] }), { ...OPTIONS, pathPrefix: '' }),
    );
  for (const key of ['config/parameters.json', '_longhaul/ingest/r/report.json']) {
    expect(refusal(key)).toMatchObject({ code: 'ParametersLoad' });
  }
});
