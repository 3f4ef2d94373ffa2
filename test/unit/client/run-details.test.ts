import { readHeartbeat, readTrouble, recordNumberOf } from '../../../src/client/lib/run/details';
import { parseS3Uri } from '../../../src/client/lib/job/bucket-report';

describe('heartbeats', () => {
  it('tell bytes and, where the source gives it, the size', () => {
    const checkpoint = { v: 1, bytes: 10, parts: 1, sentBytes: 12, version: { etag: '"e"', sizeBytes: 100 } };
    expect(readHeartbeat(checkpoint)).toEqual({ bytes: 10, sizeBytes: 100 });
    expect(readHeartbeat({ v: 1, bytes: 10, parts: 1, sentBytes: 12 })).toEqual({ bytes: 10, sizeBytes: null });
  });

  it.each([undefined, null, 'text', 7, [], {}, { bytes: '10' }, { bytes: -1 }, { bytes: NaN }])(
    'of another shape (%p) are no error',
    (details) => {
      expect(readHeartbeat(details)).toBeNull();
    },
  );
});

it('heartbeats tell what is tried again; a code of another version is passed over', () => {
  const trouble = { code: 'SourceStalled', message: 'No byte for 30 s' };
  expect(readTrouble({ v: 1, checkpoint: null, trouble })).toEqual(trouble);
  expect(readTrouble({ v: 1, trouble: { ...trouble, code: 'OfTomorrow' } })).toBeNull();
  expect(readTrouble(undefined)).toBeNull();
});

it('record numbers come from ids of record workflows, and of activities of a batch', () => {
  expect(recordNumberOf('nightly/record/17')).toBe(17);
  expect(recordNumberOf('record/3')).toBe(3);
  expect(recordNumberOf('17')).toBeNull();
  expect(recordNumberOf('nightly/batch/0')).toBeNull();
});

it('s3 addresses are taken apart', () => {
  expect(parseS3Uri('s3://bucket/a/b c.json')).toEqual({ bucket: 'bucket', key: 'a/b c.json' });
  for (const uri of ['s3://bucket', 's3:///key', 'https://bucket/key', '']) expect(parseS3Uri(uri)).toBeUndefined();
});
