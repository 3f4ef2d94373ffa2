/** Whatever a store answers to whatever call: a result that can be used, or an error of the table. Over real connections. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Client } from '@aws-sdk/client-s3';
import * as fc from 'fast-check';
import { Secret } from '../../src/model/secret';
import {
  createS3Client,
  createS3Destination,
  createS3Source,
  mapS3Error,
  type S3Destination,
} from '../../src/transfer';
import { holds, outcomeOfAsync, pieces } from './support';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

let answer: Answer = { status: 200, headers: {}, body: Buffer.alloc(0) };
let server: Server;
let client: S3Client;
let destination: S3Destination;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status, { ...answer.headers });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = createS3Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forcePathStyle: true,
    credentials: { kind: 'keys', accessKeyId: 'a', secretAccessKey: new Secret('b') },
  });
  destination = createS3Destination({ client, bucket: 'bucket' });
});

afterAll(async () => {
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

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
    const source = createS3Source({ client, bucket: 'bucket', key: 'key', declaredChecksums: true });
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
    answer = given;
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
