import { countRecords, parseExport, recordsOf } from '../../../src/providers/result-shape';

const ID = 'abc+12/XYZ==';
const URL_A = 'https://files.example.test/a/part-00000-1.snappy.parquet?X-Amz-Signature=0123abcd';
const data = (result: unknown, more: object = {}) => ({
  export: { id: ID, status: 'SUCCEEDED', dataset: 'vulnerability', timestamp: null, result, ...more },
});
const read = (value: unknown) => parseExport(value, ID);
const shown = (value: unknown) =>
  recordsOf(read(value)).map((record) =>
    record.kind === 'url' ? [record.dataset, record.url.display] : ['prefix', record.prefix],
  );

test('a list keeps the order, slashes and unknown dataset names', () => {
  const value = data([
    { prefix: 'asset', urls: [URL_A] },
    { prefix: 'vulnerability_remediation/ivm', urls: [URL_A.replace('/a/', '/b/')] },
    { prefix: 'never heard of', urls: [URL_A.replace('/a/', '/c/')] },
    { prefix: 's3://bucket/path' },
  ]);
  expect(shown(value)).toEqual([
    ['asset', 'https://files.example.test/a/part-00000-1.snappy.parquet'],
    ['vulnerability_remediation/ivm', 'https://files.example.test/b/part-00000-1.snappy.parquet'],
    ['never heard of', 'https://files.example.test/c/part-00000-1.snappy.parquet'],
    ['prefix', 's3://bucket/path'],
  ]);
  expect(countRecords(read(value))).toBe(4);
});

test('one object stands for a list of one', () => {
  expect(shown(data({ prefix: 'asset', urls: [URL_A] }))).toHaveLength(1);
});

test.each([
  ['null', null],
  ['an empty list', []],
  ['a dataset without files', [{ prefix: 'asset', urls: [] }]],
  ['nothing', undefined],
])('%s holds no records', (_name, result) => {
  expect(shown(data(result))).toEqual([]);
  expect(countRecords(read(data(result)))).toBe(0);
});

test('URLs without a dataset name take the name of the export', () => {
  expect(shown(data([{ prefix: null, urls: [URL_A] }]))[0]?.[0]).toBe('vulnerability');
  const nameless = data([{ urls: [URL_A] }], { dataset: null });
  expect(() => recordsOf(read(nameless))).toThrow(expect.objectContaining({ code: 'RecordInvalid' }) as Error);
});

test('a URL that is none is RecordInvalid and does not show its query', () => {
  const bad = data([{ prefix: 'asset', urls: ['ftp://files.example.test/x?X-Amz-Signature=0123abcd'] }]);
  expect(() => recordsOf(read(bad))).toThrow(expect.objectContaining({ code: 'RecordInvalid' }) as Error);
  expect(() => recordsOf(read(bad))).not.toThrow(/0123abcd/);
});

test.each([
  ['no data', null, 'ApiProtocol', /at export/],
  ['a result that is a text', data(URL_A), 'ApiProtocol', /at export\.result/],
  ['a status that is a number', data(null, { status: 3 }), 'ApiProtocol', /at export\.status/],
  ['an unknown export', { export: null }, 'ApiRejected', /knows no export abc\+12\/XYZ==/],
])('%s is refused', (_name, value, code, message) => {
  expect(() => read(value)).toThrow(expect.objectContaining({ code }) as Error);
  expect(() => read(value)).toThrow(message);
  expect(() => read(value)).not.toThrow(/0123abcd/);
});
