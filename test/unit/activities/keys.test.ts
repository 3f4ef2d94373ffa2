import * as fc from 'fast-check';
import { KeyAssigner, type Unkeyed } from '../../../src/activities/lib/manifest/keys';
import { LonghaulError } from '../../../src/model/errors';

const rules = {
  targetPrefix: 'p/data',
  controlPrefix: 'p/data/_longhaul',
  template: '{target_prefix}/{dataset}/{filename}',
  run: 'run-1',
  exportId: 'a+/b==',
};
const url = (dataset: string, fileName: string, source = `https://h/${dataset}/${fileName}`): Unkeyed => ({
  kind: 'url',
  dataset,
  fileName,
  source,
});
const prefix = (dataset: string, source: string): Unkeyed => ({ kind: 'prefix', dataset, source, fileName: '' });
const keysOf = (records: Unkeyed[], own = {}): string[] => {
  const keys = new KeyAssigner({ ...rules, ...own });
  return records.map((record, n) => keys.assign(record, n).key);
};

describe('KeyAssigner', () => {
  it('carries the dataset, slashes and all', () => {
    expect(keysOf([url('asset', 'a.parquet'), url('vulnerability_remediation/ivm', 'a.parquet')])).toEqual([
      'p/data/asset/a.parquet',
      'p/data/vulnerability_remediation/ivm/a.parquet',
    ]);
  });

  it('tells apart files of one name in one dataset, the same way whatever the order of others', () => {
    const a = url('asset', 'a.snappy.parquet', 'https://h/x/a.snappy.parquet');
    const b = url('asset', 'a.snappy.parquet', 'https://h/y/a.snappy.parquet');
    const [first, second] = keysOf([a, b]);
    expect(first).toBe('p/data/asset/a.snappy.parquet');
    expect(second).toMatch(/^p\/data\/asset\/a\.[0-9a-f]{8}\.snappy\.parquet$/);
    expect(keysOf([url('other', 'z'), a, b])[2]).toBe(second);
  });

  it('keeps two prefixes and the files of a dataset of the same name apart', () => {
    const keys = keysOf([url('asset', 'a'), prefix('asset', 's3://one/asset'), prefix('asset', 's3://two/asset')]);
    expect(new Set(keys).size).toBe(3);
    expect(keys.slice(1).every((key) => key.endsWith('/') && key.startsWith('p/data/asset.'))).toBe(true);
  });

  it('gives a nameless file a name, and cleans names that would leave the folder', () => {
    expect(
      keysOf([url('asset', ''), url('asset', '..'), url('asset', '../../etc/passwd'), url('asset', 'a\nb')]),
    ).toEqual([
      'p/data/asset/data',
      expect.stringMatching(/^p\/data\/asset\/data\.[0-9a-f]{8}$/),
      'p/data/asset/.._.._etc_passwd',
      'p/data/asset/a_b',
    ]);
  });

  it.each(['..', 'a/../b', '', '.', '///'])('refuses the dataset %j', (dataset) => {
    expect(() => keysOf([url(dataset, 'a')])).toThrow('cannot be part of a key');
  });

  it('keeps records out of the folder of the run itself, and off its marker', () => {
    const [inFolder, marker] = keysOf([url('_longhaul', 'a'), url('asset', '_SUCCESS')], {
      template: '{target_prefix}/{filename}',
    });
    expect(inFolder).toBe('p/data/a');
    expect(marker).not.toBe('p/data/_SUCCESS');
    expect(keysOf([url('_longhaul', 'a')])[0]).toMatch(/^p\/data\/_longhaul\.[0-9a-f]{8}\/a$/);
  });

  it('fills a template, and cleans the export id', () => {
    expect(keysOf([url('asset', 'a')], { template: '{target_prefix}/{export_id}/{run}/{dataset}-{filename}' })).toEqual(
      ['p/data/a--b--/run-1/asset-a'],
    );
    expect(keysOf([url('asset', 'a')], { targetPrefix: '' })).toEqual(['asset/a']);
  });

  it('refuses a key longer than S3 takes', () => {
    expect(() => keysOf([url('asset', 'ü'.repeat(600))])).toThrow(LonghaulError);
  });

  it('never collides and never escapes, whatever the names', () => {
    const name = fc.oneof(fc.constantFrom('a', 'a.b', '..', '/', 'ü'), fc.string({ maxLength: 12 }));
    const records = fc.array(fc.tuple(fc.constantFrom('a', 'b/c'), name), { maxLength: 40 });
    fc.assert(
      fc.property(records, (given) => {
        const keys = keysOf(given.map(([dataset, file], n) => url(dataset, file, `https://h/${n}`)));
        expect(new Set(keys).size).toBe(keys.length);
        expect(keys.every((key) => key.startsWith('p/data/') && !key.split('/').includes('..'))).toBe(true);
      }),
    );
  });
});
