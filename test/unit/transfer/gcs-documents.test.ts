/** What Google Cloud Storage writes: its XML, its error documents, its names; and ours. */
import * as fc from 'fast-check';
import { query, xmlPath } from '../../../src/transfer/gcs/call';
import { refusalOf } from '../../../src/transfer/gcs/errors';
import { placeOf, temporaryName, transferIdIn, uploadIdOf } from '../../../src/transfer/gcs/names';
import { checksumsIn } from '../../../src/transfer/gcs/source';
import { elementsIn, escapeXml, textIn } from '../../../src/transfer/lib/xml';

test('any text survives being written and read', () => {
  fc.assert(fc.property(fc.string(), (text) => expect(textIn(`<A>${escapeXml(text)}</A>`, 'A')).toBe(text)));
});

test('elements by name, with a namespace, entities, and none', () => {
  const xml = `<?xml version='1.0'?><L xmlns="http://x"><P><N>1</N></P><P><N>2</N></P><E>&quot;a&#x26;b&#39;&quot;</E><Z/></L>`;
  expect(elementsIn(xml, 'P').map((part) => textIn(part, 'N'))).toEqual(['1', '2']);
  expect(textIn(xml, 'E')).toBe(`"a&b'"`);
  expect(textIn(xml, 'Z')).toBeUndefined();
  expect(textIn(xml, 'Q')).toBeUndefined();
});

const json = (code: number, reason: string, message = 'said so'): string =>
  JSON.stringify({ error: { code, message, errors: [{ reason, message }] } });
const xml = (code: string): string =>
  `<?xml version='1.0'?><Error><Code>${code}</Code><Message>said so</Message></Error>`;

test.each([
  [401, json(401, 'authError'), 'GoogleCredentialsRefused'],
  [403, json(403, 'forbidden'), 'AccessDenied'],
  [403, json(403, 'rateLimitExceeded'), 'DestinationThrottled'],
  [404, json(404, 'notFound', 'No such object: b/k'), 'ObjectNotFound'],
  [404, json(404, 'notFound', 'The specified bucket does not exist.'), 'BucketNotFound'],
  [404, xml('NoSuchUpload'), 'UploadLost'],
  [404, xml('NoSuchBucket'), 'BucketNotFound'],
  [400, xml('BadDigest'), 'ChecksumMismatch'],
  [400, json(400, 'invalid', `Provided CRC32C "a" doesn't match calculated CRC32C "b".`), 'ChecksumMismatch'],
  [400, json(400, 'invalid'), 'DestinationRejected'],
  [408, '', 'DestinationUnavailable'],
  [412, json(412, 'conditionNotMet'), 'DestinationRejected'],
  [429, json(429, 'rateLimitExceeded'), 'DestinationThrottled'],
  [500, '<html><body>secret page</body></html>', 'DestinationUnavailable'],
  [503, '{"broken', 'DestinationUnavailable'],
])('%d %s', (status, text, code) => {
  const error = refusalOf({ status, headers: { 'retry-after': '7' }, text }, 'Writing gs://b/k', {}, 'destination');
  expect(error).toMatchObject({ code, context: { httpStatus: status, retryAfterMs: 7000 } });
  expect(error.message).not.toContain('secret page');
});

test('the same as a source', () => {
  const as = (status: number): string => refusalOf({ status, headers: {}, text: '' }, 'Reading', {}, 'source').code;
  expect([403, 404, 429, 500].map(as)).toEqual([
    'SourceForbidden',
    'SourceNotFound',
    'SourceThrottled',
    'SourceUnavailable',
  ]);
});

test('names of temporaries and ids of uploads give back what they were made of', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), fc.boolean(), (key, id, isTemporary) => {
      const transferId = encodeURIComponent(key) + '.x';
      const place = placeOf('tmp/', key, uploadIdOf({ id: `u${encodeURIComponent(id)}`, isTemporary }, transferId));
      expect(place.isTemporary).toBe(isTemporary);
      expect(place.object).toBe(isTemporary ? temporaryName('tmp/', key, transferId) : key);
      expect(transferIdIn('tmp/', temporaryName('tmp/', key, transferId))).toBe(transferId);
    }),
  );
  expect(() => placeOf('tmp/', 'k', 'an id of S3')).toThrow('There is no upload of this kind');
  expect(transferIdIn('tmp/', 'tmp/of-others')).toBeUndefined();
  expect(transferIdIn('tmp/', `tmp/${'a'.repeat(32)}/a/b`)).toBeUndefined();
});

test('paths, queries and hashes', () => {
  expect(xmlPath('b', 'a b/../ü')).toBe('/b/a%20b/%2E%2E/%C3%BC');
  expect(query({ a: 'x&y', b: undefined, c: 0 })).toBe('?a=x%26y&c=0');
  expect(checksumsIn('md5=abc==, crc32c=4waSgw==')).toEqual({ crc32c: 0xe3069283 });
  expect(checksumsIn('crc32c=AAAAAA==,md5=x')).toEqual({ crc32c: 0 });
  expect(checksumsIn(undefined)).toEqual({});
});
