/** One file brought back: skipped, healed, fetched, resumed, refused; from a real store to a real folder. */
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Transform } from 'node:stream';
import { createS3Source } from '../../src/transfer';
import { bytesOf, makeControl, MIB } from '../support/transfer-rig';
import {
  BUCKET,
  md5,
  md5Of,
  namesIn,
  PART_BYTES,
  partialsIn,
  restore,
  startRestoreRig,
  watch,
  type RestoreRig,
} from './support/restore-rig';

let rig: RestoreRig;
beforeAll(async () => {
  rig = await startRestoreRig();
});
afterAll(() => rig.stop());

const sourceOf = (key: string): ReturnType<typeof createS3Source> =>
  createS3Source({ client: rig.s3.client, bucket: BUCKET, key });

test.each([0, 1, MIB + 1, PART_BYTES, PART_BYTES + 1, 17 * MIB])(
  '%d bytes: fetched once, then skipped',
  async (size) => {
    const root = rig.folder();
    const key = `sizes/${size}.bin`;
    const data = bytesOf(size);
    const expected = await rig.put(key, data);
    const source = watch(sourceOf(key));
    const request = rig.request(root, key, expected, { source });
    const result = await restore(request);
    expect(result).toEqual({
      outcome: 'transferred',
      bytes: size,
      sentBytes: size,
      parts: Math.max(1, Math.ceil(size / PART_BYTES)),
      path: path.join(root, key),
    });
    expect(md5Of(path.join(root, key))).toBe(md5(data));
    expect(source.opened).toHaveLength(Math.max(1, Math.ceil(size / PART_BYTES)));
    expect(namesIn(root)).toEqual(['sizes', key]);
    source.opened.length = 0;
    expect(await restore(request)).toMatchObject({ outcome: 'skipped', sentBytes: 0 });
    expect(source.opened).toEqual([]);
  },
);

const damages: [string, (file: string) => void][] = [
  ['truncated', (file) => truncateSync(file, 100)],
  ['empty', (file) => truncateSync(file, 0)],
  ['longer', (file) => appendFileSync(file, 'x')],
  [
    'of the same size with one bit other',
    (file) => {
      const data = readFileSync(file);
      data[data.length - 1]! ^= 1;
      writeFileSync(file, data);
    },
  ],
];
describe.each([3 * MIB, 12 * MIB])('a local file of %d bytes', (size) => {
  test.each(damages)('that is %s is healed, and stays until the good one is there', async (_, damage) => {
    const root = rig.folder();
    const key = `heal-${size}.bin`;
    const data = bytesOf(size, 77);
    const expected = await rig.put(key, data);
    const file = path.join(root, key);
    writeFileSync(file, data);
    damage(file);
    const bad = md5Of(file);
    const seen: string[] = [];
    const source = watch(sourceOf(key), () => void seen.push(md5Of(file)));
    const onStep = (step: string): void => {
      if (step === 'replacing') seen.push(md5Of(file));
    };
    expect(await restore(rig.request(root, key, expected, { source, onStep }))).toMatchObject({ outcome: 'healed' });
    expect(new Set(seen)).toEqual(new Set([bad]));
    expect(md5Of(file)).toBe(md5(data));
    expect(namesIn(root)).toEqual([key]);
  });
});

test('an attempt that failed is gone on with: only what is missing is read again', async () => {
  const root = rig.folder();
  const key = 'resumed.bin';
  const data = bytesOf(22 * MIB, 5);
  const expected = await rig.put(key, data);
  const abort = makeControl();
  const stopped = watch(sourceOf(key), (call) => {
    if (call === 4) abort.abort.abort(new Error('worker goes'));
  });
  const failed = restore(rig.request(root, key, expected, { source: stopped, lanes: 1 }), abort);
  await expect(failed).rejects.toThrow('worker goes');
  expect(namesIn(root)).toHaveLength(2);
  const again = watch(sourceOf(key));
  const control = makeControl({ checkpoint: abort.seen.at(-1)!, repeatedSince: new Date() });
  const result = await restore(rig.request(root, key, expected, { source: again }), control);
  expect(again.opened.sort()).toEqual([15 * MIB, 20 * MIB]);
  expect(result).toMatchObject({ outcome: 'transferred', parts: 5, sentBytes: 22 * MIB });
  expect(md5Of(path.join(root, key))).toBe(md5(data));
  expect(namesIn(root)).toEqual([key]);
});

test('a partial of another version of the object is not gone on with', async () => {
  const root = rig.folder();
  const key = 'versions.bin';
  const abort = makeControl();
  const stop = (call: number): void => {
    if (call === 3) abort.abort.abort(new Error('stop'));
  };
  const first = await rig.put(key, bytesOf(12 * MIB, 1));
  const one = restore(rig.request(root, key, first, { source: watch(sourceOf(key), stop), lanes: 1 }), abort);
  await expect(one).rejects.toThrow('stop');
  const data = bytesOf(12 * MIB, 2);
  const second = await rig.put(key, data);
  const source = watch(sourceOf(key));
  await restore(rig.request(root, key, second, { source }));
  expect(source.opened.sort((a, b) => a! - b!)).toEqual([0, 5 * MIB, 10 * MIB]);
  expect(md5Of(path.join(root, key))).toBe(md5(data));
});

test.each([3 * MIB, 12 * MIB])(
  'another object of %d bytes in the store: no byte moves, the local file stays',
  async (size) => {
    const root = rig.folder();
    const key = `changed-${size}.bin`;
    const expected = await rig.put(key, bytesOf(size, 1));
    await rig.put(key, bytesOf(size, 2));
    writeFileSync(path.join(root, key), 'old');
    const failed = restore(rig.request(root, key, expected));
    await expect(failed).rejects.toMatchObject({ code: 'SourceNotAsRecorded', retryable: false });
    await expect(failed).rejects.toThrow(key);
    const sizeOnly = rig.request(root, key, { ...(await rig.put(key, bytesOf(size, 3))), bytes: size + 1 });
    await expect(restore(sizeOnly)).rejects.toMatchObject({ code: 'SourceNotAsRecorded' });
    expect(readFileSync(path.join(root, key), 'utf8')).toBe('old');
    expect(namesIn(root)).toEqual([key]);
  },
);

test('an object or a bucket that is missing', async () => {
  const root = rig.folder();
  const expected = { bytes: 5, etag: md5(bytesOf(5)) };
  await expect(restore(rig.request(root, 'missing.bin', expected))).rejects.toMatchObject({ code: 'SourceNotFound' });
  const source = createS3Source({ client: rig.s3.client, bucket: 'no-bucket', key: 'x' });
  await expect(restore(rig.request(root, 'x', { ...expected, bytes: 9 * MIB }, { source }))).rejects.toMatchObject({
    code: 'SourceNotFound',
  });
  expect(namesIn(root)).toEqual([]);
});

test('bytes that are damaged on the way never become the file', async () => {
  const root = rig.folder();
  for (const size of [3 * MIB, 12 * MIB]) {
    const key = `damaged-${size}.bin`;
    const expected = await rig.put(key, bytesOf(size));
    writeFileSync(path.join(root, key), 'old');
    const right = sourceOf(key);
    const source = {
      display: right.display,
      async open(...args: Parameters<typeof right.open>) {
        const reply = await right.open(...args);
        const damage = new Transform({
          transform(chunk: Buffer, _encoding, done) {
            chunk[0]! ^= 1;
            done(null, chunk);
          },
        });
        return { ...reply, body: reply.body.pipe(damage) };
      },
    };
    await expect(restore(rig.request(root, key, expected, { source }))).rejects.toMatchObject({
      code: 'VerificationFailed',
    });
    expect(readFileSync(path.join(root, key), 'utf8')).toBe('old');
  }
  expect(partialsIn(root)).toEqual([]);
});

describe('an ETag that is no hash', () => {
  const key = 'opaque.bin';
  const data = bytesOf(7 * MIB, 9);
  /** versitygw knows no KMS: its object, with an ETag of that form from here to the engine. */
  const opaque = async (
    etag: string,
  ): Promise<{ expected: { bytes: number; etag: string }; source: ReturnType<typeof sourceOf> }> => {
    const real = await rig.put(key, data);
    const source = sourceOf(key);
    return {
      expected: { bytes: real.bytes, etag },
      source: {
        display: source.display,
        async open(range, _expected, signal) {
          const reply = await source.open(range, { etag: `"${real.etag}"`, sizeBytes: real.bytes }, signal);
          return { ...reply, version: { etag: `"${etag}"`, sizeBytes: real.bytes } };
        },
      },
    };
  };
  const crc32 = async (): Promise<string> => {
    const expected = await rig.put(key, data);
    const look = rig.request('/', key, expected).checksumOf!;
    return (await look(new AbortController().signal)).crc32!;
  };

  test('is verified by the checksum of the store, also the local file', async () => {
    const root = rig.folder();
    const { expected, source } = await opaque('no-hash');
    const value = await crc32();
    expect(value).toBeDefined();
    const checksumOf = (): Promise<object & { isEtagOpaque: boolean }> =>
      Promise.resolve({ isEtagOpaque: true, crc32: value });
    const request = rig.request(root, key, expected, { source, checksumOf });
    expect(await restore(request)).toMatchObject({ outcome: 'transferred' });
    expect(await restore(request)).toMatchObject({ outcome: 'skipped' });
    const file = path.join(root, key);
    writeFileSync(file, Buffer.alloc(data.length));
    expect(await restore(request)).toMatchObject({ outcome: 'healed' });
    expect(md5Of(file)).toBe(md5(data));
  });

  test('without a checksum is Unverifiable before a byte moves; looking like an MD5, after', async () => {
    const root = rig.folder();
    const checksumOf = (): Promise<{ isEtagOpaque: boolean }> => Promise.resolve({ isEtagOpaque: true });
    const { expected, source } = await opaque('no-hash');
    const watched = watch(source);
    const plain = rig.request(root, key, expected, { source: watched, checksumOf });
    await expect(restore(plain)).rejects.toMatchObject({ code: 'Unverifiable', retryable: false });
    expect(watched.opened).toEqual([]);
    const lookalike = await opaque('d41d8cd98f00b204e9800998ecf8427e');
    const other = rig.request(root, key, lookalike.expected, { source: lookalike.source, checksumOf });
    await expect(restore(other)).rejects.toMatchObject({ code: 'Unverifiable' });
    expect(namesIn(root)).toEqual([]);
  });
});

test('paths: a directory, a file as a parent, a link out, `..`', async () => {
  const root = rig.folder();
  const expected = await rig.put('any.bin', bytesOf(10));
  mkdirSync(path.join(root, 'folder'));
  writeFileSync(path.join(root, 'sample.raw'), 'x');
  symlinkSync('/etc', path.join(root, 'out'));
  const at = (relativePath: string): Promise<unknown> =>
    restore(rig.request(root, 'any.bin', expected, { relativePath }));
  await expect(at('folder')).rejects.toMatchObject({ code: 'PathIsDirectory', retryable: false });
  await expect(at('sample.raw/x')).rejects.toMatchObject({ code: 'PathConflict', retryable: false });
  await expect(at('out/x')).rejects.toMatchObject({ code: 'PathRefused', retryable: false });
  await expect(at('../x')).rejects.toMatchObject({ code: 'PathRefused' });
  await expect(at('a/b/c.bin')).resolves.toMatchObject({ path: path.join(root, 'a/b/c.bin') });
});

test('two at once on one transfer: both succeed, the file is whole, nothing is left', async () => {
  const root = rig.folder();
  for (const size of [3 * MIB, 22 * MIB]) {
    const key = `twice-${size}.bin`;
    const data = bytesOf(size, 3);
    const expected = await rig.put(key, data);
    const both = await Promise.all([1, 2].map(() => restore(rig.request(root, key, expected))));
    expect(both.map(({ bytes }) => bytes)).toEqual([size, size]);
    expect(md5Of(path.join(root, key))).toBe(md5(data));
  }
  expect(partialsIn(root)).toEqual([]);
});
