/** Whatever a store answers to whatever call: a result that can be used, or an error of the table. Over real connections. */
import * as fc from 'fast-check';
import { createS3Source, mapS3Error, type S3Destination } from '../../src/transfer';
import { startAnsweringStore, type AnsweringStore } from '../support/answering-store';
import { holds, outcomeOfAsync, pieces } from './support';

let store: AnsweringStore;
let destination: S3Destination;

beforeAll(async () => {
  store = await startAnsweringStore();
  ({ destination } = store);
});

afterAll(() => store.stop());

const { signal } = new AbortController();
const body = Buffer.from('body');
const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  begin: () => destination.begin('key', { transferId: 't' }, signal),
  listParts: () => destination.listParts('key', 'id', signal),
  writePart: () => destination.writePart('key', 'id', { number: 1, body, crc32: 1 }, signal),
  complete: () =>
    destination.complete('key', 'id', { parts: [{ number: 1, bytes: 4, etag: '"e"' }], bytes: 4 }, signal),
  abort: () => destination.abort('key', 'id', signal),
  putWhole: () => destination.putWhole('key', { transferId: 't' }, body, { crc32: 1 }, signal),
  stat: () => destination.stat('key', signal),
  findUploads: () => destination.findUploads('key', new Date(0), signal),
  deleteObject: () => destination.deleteObject('key', undefined, signal),
  read: async () => {
    const source = createS3Source({ client: store.client, bucket: 'bucket', key: 'key', declaredChecksums: true });
    const reply = await source.open({ offsetBytes: 0, lengthBytes: 4 }, undefined, signal);
    reply.body.on('error', () => undefined).destroy();
    return reply.version;
  },
};

const xml = pieces(
  ...[
    '<?xml version="1.0"?>',
    '<Error>',
    '</Error>',
    '<Code>',
    '</Code>',
    'SlowDown',
    'NoSuchUpload',
    'constructor',
    '__proto__',
  ],
  ...[
    '<Message>',
    '</Message>',
    '<ListPartsResult>',
    '</ListPartsResult>',
    '<Part>',
    '</Part>',
    '<PartNumber>',
    '</PartNumber>',
    '7',
  ],
  ...[
    '<Size>',
    '</Size>',
    '-1',
    '1e400',
    '<ETag>',
    '</ETag>',
    '&quot;',
    '&#0;',
    '&nothing;',
    '<IsTruncated>',
    'true',
    '</IsTruncated>',
  ],
  ...[
    '<UploadId>',
    '</UploadId>',
    '<Upload>',
    '</Upload>',
    '<Initiated>',
    'yesterday',
    '</Initiated>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '<!DOCTYPE a [<!ENTITY b "c">]>',
  ],
);
const answers = fc.record({
  status: fc.constantFrom(200, 200, 200, 204, 206, 304, 307, 400, 403, 404, 409, 412, 416, 429, 500, 503),
  headers: fc.dictionary(
    fc.constantFrom(
      'etag',
      'content-range',
      'x-amz-checksum-crc32',
      'retry-after',
      'last-modified',
      'x-amz-version-id',
      'content-type',
      'x-amz-meta-longhaul-transfer-id',
    ),
    pieces('"', 'abc', 'bytes 0-3/4', 'AAAAAA==', '17', 'application/xml', '-').map((text) =>
      text.replace(/[^ -~]/g, '').trim(),
    ),
  ),
  body: fc.oneof(
    xml.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  ),
});

holds(
  'any answer to any call',
  fc.tuple(fc.constantFrom(...Object.keys(CALLS)), answers),
  async ([name, given]) => {
    store.answer = given;
    const outcome = await outcomeOfAsync(CALLS[name]!);
    if ('refused' in outcome) {
      expect(outcome.refused.message.length).toBeLessThan(2_000);
      return;
    }
    if (name === 'begin') expect(typeof outcome.value).toBe('string');
    if (name !== 'listParts') return;
    for (const part of outcome.value as { number: number; bytes: number }[]) {
      // A number that none is would be counted with: sizes are compared with the plan, numbers are looked up.
      expect([Number.isNaN(part.number), Number.isNaN(part.bytes)]).toEqual([false, false]);
    }
  },
  1_200,
);

const thrown = fc.oneof(
  fc.anything(),
  fc
    .record({
      name: fc.oneof(fc.string(), fc.constantFrom('SlowDown', 'toString', '__proto__')),
      message: fc.string(),
      status: fc.integer(),
    })
    .map(({ name, message, status }) =>
      Object.assign(new Error(message), {
        name,
        $metadata: { httpStatusCode: status },
        $response: { headers: { 'retry-after': message } },
      }),
    ),
);
holds('any thrown value becomes an error of the table', thrown, (value) => {
  const error = mapS3Error(value, 'Looking at s3://bucket/key');
  expect(error.name).toBe('LonghaulError');
  expect(error.entry).toBeDefined();
  expect(error.context.retryAfterMs ?? 0).toBeGreaterThanOrEqual(0);
});
