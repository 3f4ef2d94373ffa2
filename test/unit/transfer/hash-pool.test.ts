/** Hashing in threads, against node:crypto on the same bytes, over real files. */
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { crc32 } from 'node:zlib';
import { createHashPool, hashFile, multipartHash, verifyFile, type HashPool } from '../../../src/transfer';
import { TYPESCRIPT_HOOK } from '../../support/typescript-hook';

const MIB = 1024 * 1024;
const { signal } = new AbortController();
let folder: string;
let pool: HashPool;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'longhaul-hash-'));
  pool = createHashPool({ threads: 2 });
});
afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, data: Buffer): string => {
  const file = path.join(folder, name);
  writeFileSync(file, data);
  return file;
};
const sparse = (name: string, sizeBytes: number): string => {
  const file = path.join(folder, name);
  const fd = openSync(file, 'w');
  ftruncateSync(fd, sizeBytes);
  closeSync(fd);
  return file;
};
const md5 = (data: Buffer): string => createHash('md5').update(data).digest('hex');
const multipart = (data: Buffer, chunk: number): string => {
  const whole = createHash('md5');
  for (let at = 0; at < data.length; at += chunk) whole.update(md5(data.subarray(at, at + chunk)), 'hex');
  return `${whole.digest('hex')}-${Math.ceil(data.length / chunk)}`;
};

test.each([0, 1, MIB, MIB + 1, 9 * MIB + 7])('%d bytes: MD5, SHA-256, CRC32 and multipart', async (size) => {
  const data = randomBytes(size);
  const file = { path: write(`f${size}`, data), sizeBytes: size, signal };
  expect(await hashFile(pool, 'md5', file)).toEqual({ hex: md5(data), bytes: size });
  expect((await hashFile(pool, 'sha256', file)).hex).toBe(createHash('sha256').update(data).digest('hex'));
  expect((await hashFile(pool, 'crc32', file)).hex).toBe(crc32(data).toString(16).padStart(8, '0'));
  if (size > 0) expect((await multipartHash(pool, file, 2 * MIB)).hex).toBe(multipart(data, 2 * MIB).split('-')[0]);
});

test('the verdict: same, other size, one byte other, missing, opaque, checksum instead', async () => {
  const data = randomBytes(5 * MIB);
  const file = write('verdict', data);
  const expected = { bytes: data.length, etag: `"${md5(data)}"`, chunkBytes: 500 * MIB };
  const verdict = (change: object, at = file): Promise<string> =>
    verifyFile(pool, at, { ...expected, ...change }, signal);
  expect(await verdict({})).toBe('same');
  expect(await verdict({ etag: multipart(data, 2 * MIB), chunkBytes: 2 * MIB })).toBe('same');
  expect(await verdict({ etag: multipart(data, 3 * MIB), chunkBytes: 500 * MIB })).toBe('same');
  expect(await verdict({ bytes: data.length - 1 })).toBe('differs');
  expect(await verdict({}, path.join(folder, 'missing'))).toBe('differs');
  expect(await verdict({ etag: 'no-hash' })).toBe('unverifiable');
  const right = Buffer.alloc(4);
  right.writeUInt32BE(crc32(data));
  expect(await verdict({ etag: 'no-hash', checksum: { crc32: right.toString('base64') } })).toBe('same');
  expect(await verdict({ etag: 'no-hash', checksum: { crc32: 'AAAAAA==' } })).toBe('differs');
  const sha256 = createHash('sha256').update(data).digest('base64');
  expect(await verdict({ etag: 'no-hash', checksum: { sha256 } })).toBe('same');
  data[4 * MIB]! ^= 1;
  write('verdict', data);
  expect(await verdict({})).toBe('differs');
});

test('a file that shrinks while it is hashed is not the one expected', async () => {
  const file = write('short', randomBytes(3 * MIB));
  expect(await hashFile(pool, 'md5', { path: file, sizeBytes: 4 * MIB, signal })).toMatchObject({ bytes: 3 * MIB });
});

test('the main loop stays free, progress is told, and a small file does not wait for large ones', async () => {
  const size = 512 * MIB;
  const large = [1, 2, 3].map((number) => sparse(`large${number}`, size));
  let last = performance.now();
  let longestMs = 0;
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 20);
  const before = performance.eventLoopUtilization();
  let told = 0;
  const onProgress = (bytes: number): void => void (told = bytes);
  const ended: string[] = [];
  const small = write('small', randomBytes(2 * MIB));
  await Promise.all([
    ...large.map((file) =>
      hashFile(pool, 'md5', { path: file, sizeBytes: size, signal, onProgress }).then(() => ended.push('large')),
    ),
    hashFile(pool, 'md5', { path: small, sizeBytes: 2 * MIB, signal }).then(() => ended.push('small')),
  ]);
  clearInterval(timer);
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.3);
  // 512 MiB of MD5 take more than a second of a core; the rest is leeway for a machine that has other work.
  expect(longestMs).toBeLessThan(600);
  expect(told).toBe(size);
  expect(ended[0]).toBe('small');
});

test('equal files end one after the other, not all at once at the end', async () => {
  const one = createHashPool({ threads: 1 });
  const size = 64 * MIB;
  const told: number[] = [0, 0, 0];
  const atFirstEnd: number[] = [];
  try {
    await Promise.all(
      told.map(async (_, n) => {
        const path = sparse(`equal${n}`, size);
        const onProgress = (bytes: number): void => void (told[n] = bytes);
        await hashFile(one, 'md5', { path, sizeBytes: size, signal, onProgress });
        if (atFirstEnd.length === 0) atFirstEnd.push(...told);
      }),
    );
  } finally {
    await one.close();
  }
  expect(atFirstEnd.filter((bytes) => bytes > 0)).toEqual([size]);
});

test('an abort ends it with its reason, and the pool goes on', async () => {
  const file = sparse('aborted', 8192 * MIB);
  const control = new AbortController();
  const reason = new Error('enough');
  const onProgress = (): void => control.abort(reason);
  const hashing = hashFile(pool, 'md5', { path: file, sizeBytes: 8192 * MIB, signal: control.signal, onProgress });
  await expect(hashing).rejects.toBe(reason);
  await expect(hashFile(pool, 'md5', { path: file, sizeBytes: 2 * MIB, signal })).resolves.toMatchObject({
    hex: md5(Buffer.alloc(2 * MIB)),
  });
});

test('what the disk says is an error of the table; a closed pool too', async () => {
  await expect(hashFile(pool, 'md5', { path: folder, sizeBytes: 2 * MIB, signal })).rejects.toMatchObject({
    code: 'PathIsDirectory',
  });
  const other = createHashPool({ threads: 1 });
  const busy = hashFile(other, 'md5', { path: sparse('closing', 8192 * MIB), sizeBytes: 8192 * MIB, signal });
  const refused = expect(busy).rejects.toMatchObject({ code: 'Internal' });
  await other.close();
  await refused;
  await expect(hashFile(other, 'md5', { path: folder, sizeBytes: 2 * MIB, signal })).rejects.toMatchObject({
    code: 'Internal',
  });
});

test('a process waits for a hash, and is not kept alive by idle threads', () => {
  const file = write('exit', Buffer.alloc(2 * MIB));
  const code = `
    const { createHashPool, hashFile } = require(${JSON.stringify(path.resolve('src/transfer/index.ts'))});
    const signal = new AbortController().signal;
    hashFile(createHashPool(), 'md5', { path: ${JSON.stringify(file)}, sizeBytes: ${2 * MIB}, signal })
      .then(({ hex }) => console.log(hex));`;
  const child = spawnSync(process.execPath, ['-r', TYPESCRIPT_HOOK, '-e', code], { timeout: 30_000, encoding: 'utf8' });
  expect(child.stderr).toBe('');
  expect(child.stdout.trim()).toBe(md5(Buffer.alloc(2 * MIB)));
  expect(child.status).toBe(0);
});
