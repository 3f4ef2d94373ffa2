/** What a disk can say: full, read-only, no such folder. On real mounts, so for root on Linux alone. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { createS3Source } from '../../src/transfer';
import { bytesOf, makeControl, MIB } from '../support/transfer-rig';
import { describeWhere } from '../support/skip';
import { BUCKET, md5, md5Of, namesIn, restore, startRestoreRig, watch, type RestoreRig } from './support/restore-rig';

let rig: RestoreRig;
beforeAll(async () => {
  rig = await startRestoreRig();
});
afterAll(() => rig.stop());

/** Mounting is tried, in a namespace of its own, because being root is not enough in every container. */
const canMount =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', '/mnt']).status === 0;

describeWhere(canMount, 'root that may mount a tmpfs')('a small disk', () => {
  const size = 22 * MIB;
  const data = bytesOf(size, 4);
  let root: string;
  const mount = (...options: string[]): void =>
    void execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(), 'longhaul-test', root]);
  beforeEach(() => {
    root = path.join(rig.folder(), 'mounted');
    mkdirSync(root);
    mount('size=16m');
  });
  afterEach(() => void execFileSync('umount', [root]));

  test.each([3 * MIB, size])(
    'full in the middle of %d bytes: DiskFull, the old file stays; with space it goes on',
    async (bytes) => {
      const key = `full-${bytes}.bin`;
      const body = data.subarray(0, bytes);
      const expected = await rig.put(key, body);
      writeFileSync(path.join(root, key), 'old');
      if (bytes < size) writeFileSync(path.join(root, 'filler'), Buffer.alloc(14 * MIB));
      const source = watch(createS3Source({ client: rig.s3.client, bucket: BUCKET, key }));
      const request = rig.request(root, key, expected, { source, lanes: 1 });
      const failed = restore(request);
      await expect(failed).rejects.toMatchObject({ code: 'DiskFull', retryable: false });
      await expect(failed).rejects.toThrow(key);
      expect(readFileSync(path.join(root, key), 'utf8')).toBe('old');
      rmSync(path.join(root, 'filler'), { force: true });
      execFileSync('mount', ['-o', 'remount,size=64m', root]);
      source.opened.length = 0;
      expect(await restore(request, makeControl({ repeatedSince: new Date(0) }))).toMatchObject({ outcome: 'healed' });
      // Three of five parts fitted on the disk, and are still there.
      expect(source.opened).toHaveLength(bytes === size ? 2 : 1);
      expect(md5Of(path.join(root, key))).toBe(md5(body));
      expect(namesIn(root)).toEqual([key]);
    },
  );

  test('mounted read-only: DestinationNotWritable, with the path; what is right is still skipped', async () => {
    const expected = await rig.put('there.bin', bytesOf(100));
    await restore(rig.request(root, 'there.bin', expected));
    execFileSync('mount', ['-o', 'remount,ro', root]);
    for (const bytes of [100, 6 * MIB]) {
      const key = `new-${bytes}/file.bin`;
      const failed = restore(rig.request(root, key, await rig.put(key, bytesOf(bytes))));
      await expect(failed).rejects.toMatchObject({ code: 'DestinationNotWritable', retryable: false });
      await expect(failed).rejects.toThrow(root);
    }
    await expect(restore(rig.request(root, 'there.bin', expected))).resolves.toMatchObject({ outcome: 'skipped' });
  });
});

test('an output folder that is missing', async () => {
  const root = path.join(rig.folder(), 'none');
  const expected = await rig.put('x.bin', bytesOf(10));
  await expect(restore(rig.request(root, 'x.bin', expected))).rejects.toMatchObject({ code: 'DestinationNotWritable' });
});

test('no file descriptor is left open, whether it works or not', async () => {
  const open = (): number => readdirSync('/proc/self/fd').filter((fd) => isIn(fd)).length;
  const root = rig.folder();
  const isIn = (fd: string): boolean => {
    try {
      return statSync(`/proc/self/fd/${fd}`).isFile() && readlinkOf(fd).startsWith(root);
    } catch {
      return false;
    }
  };
  const readlinkOf = (fd: string): string =>
    execFileSync('readlink', [`/proc/${process.pid}/fd/${fd}`], { encoding: 'utf8' });
  const expected = await rig.put('fd.bin', bytesOf(12 * MIB));
  const control = makeControl();
  let during = 0;
  const source = watch(createS3Source({ client: rig.s3.client, bucket: BUCKET, key: 'fd.bin' }), (call) => {
    during = Math.max(during, open());
    if (call === 3) control.abort.abort(new Error('stop'));
  });
  await expect(restore(rig.request(root, 'fd.bin', expected, { source }), control)).rejects.toThrow('stop');
  expect(during).toBe(2);
  expect(open()).toBe(0);
  await restore(rig.request(root, 'fd.bin', expected));
  expect(open()).toBe(0);
});
