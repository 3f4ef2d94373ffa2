import { keyOf, parseUploadPath, selectFiles } from '../../../src/catalogue';
import { errorOf } from '../config/support';

describe('s3_upload_path', () => {
  test.each([
    ['bucket', 'bucket', ''],
    ['bucket/', 'bucket', ''],
    ['bucket/prefix', 'bucket', 'prefix'],
    ['bucket/prefix/', 'bucket', 'prefix'],
    ['bucket//a///b//', 'bucket', 'a/b'],
    ['/bucket/a', 'bucket', 'a'],
    ['s3://bucket', 'bucket', ''],
    ['s3://bucket/a/b/', 'bucket', 'a/b'],
    ['S3:///bucket//a', 'bucket', 'a'],
    [' alphakraken-PRID001/ ', 'alphakraken-PRID001', ''],
    ['bucket/with space/ü', 'bucket', 'with space/ü'],
  ])('%j', (text, bucket, prefix) => {
    expect(parseUploadPath(text)).toEqual({ bucket, prefix });
  });

  test.each([
    '',
    '/',
    's3://',
    'gs://bucket/x',
    'https://host/x',
    'b',
    '-bucket/x',
    'bucket/../other',
    'bucket/./x',
    'b\nx',
  ])('%j is refused', (text) => {
    const error = errorOf(() => parseUploadPath(text));
    expect(error.code).toBe('UploadPathInvalid');
    expect(error.message).not.toMatch(/\n/);
  });

  test('a key is the relative path below the prefix, as it is', () => {
    expect(keyOf('', 'sample.raw')).toBe('sample.raw');
    expect(keyOf('a/b', 'sample.raw/x y.bin')).toBe('a/b/sample.raw/x y.bin');
  });
});

describe('include', () => {
  const files = ['.hidden/x.bin', 'a.raw/1.bin', 'a.raw/sub/2.bin', 'a.raw/[3].bin', 'b.txt'].map((path) => ({
    path,
    bytes: 1,
    etag: 'x',
  }));
  const chosen = (...include: string[]): string[] => selectFiles(files, include).map(({ path }) => path);

  test('without globs every file is taken', () => {
    expect(selectFiles(files, null)).toBe(files);
    expect(selectFiles(files, undefined)).toBe(files);
  });

  test.each([
    [['**'], files.map(({ path }) => path)],
    [['*'], ['b.txt']],
    [['a.raw/*'], ['a.raw/1.bin', 'a.raw/[3].bin']],
    [['a.raw/**'], ['a.raw/1.bin', 'a.raw/sub/2.bin', 'a.raw/[3].bin']],
    [['**/*.bin'], ['.hidden/x.bin', 'a.raw/1.bin', 'a.raw/sub/2.bin', 'a.raw/[3].bin']],
    [['b.txt', 'nothing'], ['b.txt']],
    [
      ['b.txt', 'a.raw/{1,2}.bin'],
      ['a.raw/1.bin', 'b.txt'],
    ],
    [['a.raw/\\[3\\].bin'], ['a.raw/[3].bin']],
  ])('%j', (include, expected) => {
    expect(chosen(...include)).toEqual(expected);
  });

  test.each([['*.bin'], ['!b.txt'], ['a.raw'], ['A.RAW/1.bin']])('%j matches nothing, and that is an error', (glob) => {
    const error = errorOf(() => chosen(glob, 'x/*'));
    expect(error.code).toBe('NoFilesSelected');
    expect(error.message).toContain(JSON.stringify(glob));
    expect(error.message).toContain('"x/*"');
    expect(error.message).toContain('"a.raw/1.bin"');
  });

  test('a glob that is none is an input error', () => {
    expect(errorOf(() => chosen('a'.repeat(70_000))).code).toBe('InvalidInput');
  });
});
