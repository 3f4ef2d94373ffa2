/** What begins and ends an upload: written so that any S3 reads it, read so that half an answer is none. */
import { asBegun, asCompleted, completeDocument, isErrorDocument } from '../../../src/transfer/s3/multipart-documents';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const XMLNS = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const completed = `${HEAD}<CompleteMultipartUploadResult${XMLNS}><Location>http://a/b</Location><ETag>&quot;e-1&#34;</ETag><ChecksumCRC32>AAAAAQ==</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>`;
const begun = `${HEAD}<InitiateMultipartUploadResult${XMLNS}><Bucket>b</Bucket><Key>UploadId</Key><UploadId>a&amp;b</UploadId></InitiateMultipartUploadResult>`;
const reply = (document: string) => ({ headers: { 'x-amz-version-id': 'v1' }, document });

it('reads what the answers say', () => {
  expect(asBegun(reply(begun))).toEqual({ UploadId: 'a&b' });
  // S3 sends blanks while it is at work.
  expect(asCompleted(reply(`   \n${completed}`))).toEqual({
    ETag: '"e-1"',
    VersionId: 'v1',
    ChecksumCRC32: 'AAAAAQ==',
    ChecksumType: 'FULL_OBJECT',
  });
});

it('takes nothing from an answer that is cut off, wherever that is', () => {
  for (let length = 0; length < completed.length; length += 1) {
    expect(asCompleted(reply(completed.slice(0, length)))?.ETag).toBeUndefined();
  }
  for (let length = 0; length < begun.length; length += 1) {
    expect(asBegun(reply(begun.slice(0, length)))?.UploadId).toBeUndefined();
  }
});

it('has no answer where there was no reply', () => {
  expect(asBegun(undefined)).toBeUndefined();
  expect(asCompleted(undefined)).toBeUndefined();
});

it('knows an error by its root', () => {
  expect(isErrorDocument(`${HEAD}<Error><Code>X</Code></Error>`)).toBe(true);
  expect(isErrorDocument('  \n<Error xmlns="x"><Code>X</Code></Error>')).toBe(true);
  expect(isErrorDocument(completed)).toBe(false);
  expect(isErrorDocument(`${HEAD}<Errors/>`)).toBe(false);
  expect(isErrorDocument('')).toBe(false);
});

it('lists each part with its ETag and its checksum, escaped', () => {
  const parts = [
    { number: 1, bytes: 5, etag: '"a<b"', crc32: 1 },
    { number: 2, bytes: 5, etag: '"c"', crc32c: 2 },
    { number: 3, bytes: 5, etag: '"d"' },
  ];
  expect(completeDocument(parts).toString()).toBe(
    `<CompleteMultipartUpload${XMLNS}>` +
      '<Part><ChecksumCRC32>AAAAAQ==</ChecksumCRC32><ETag>&quot;a&lt;b&quot;</ETag><PartNumber>1</PartNumber></Part>' +
      '<Part><ChecksumCRC32C>AAAAAg==</ChecksumCRC32C><ETag>&quot;c&quot;</ETag><PartNumber>2</PartNumber></Part>' +
      '<Part><ETag>&quot;d&quot;</ETag><PartNumber>3</PartNumber></Part></CompleteMultipartUpload>',
  );
});
