/** SIGKILL of a real process that restores a file, at each point where it matters, and what the next one does. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { createS3Source } from '../../src/transfer';
import { bytesOf, makeControl, MIB } from '../support/transfer-rig';
import { TYPESCRIPT_HOOK } from '../support/typescript-hook';
import type { ChildJob } from './support/restore-child';
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

const LANES = 2;
const SIZE = 22 * MIB;
const data = bytesOf(SIZE, 11);

let rig: RestoreRig;
beforeAll(async () => {
  rig = await startRestoreRig();
});
afterAll(() => rig.stop());

async function killedAt(job: ChildJob): Promise<void> {
  const script = path.join(__dirname, 'support', 'restore-child.ts');
  const child = fork(script, [JSON.stringify(job)], {
    execArgv: ['-r', TYPESCRIPT_HOOK],
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const exited = once(child, 'exit');
  const [what] = (await Promise.race([once(child, 'message'), exited])) as unknown[];
  expect(what).toEqual({ stoppedAt: job.stopAt });
  child.kill('SIGKILL');
  await exited;
}

const job = (root: string, stopAt: ChildJob['stopAt'], expected: ChildJob['expected']): ChildJob => ({
  endpoint: rig.s3.endpoint,
  bucket: BUCKET,
  key: 'large.bin',
  root,
  expected,
  partSizeBytes: PART_BYTES,
  lanes: LANES,
  transferId: 'restore-large.bin',
  stopAt,
});

/** Where the process died: what may be under the target's name, and which ranges may be read again. */
const points: [ChildJob['stopAt'], 'old' | 'new', number][] = [
  ['parts', 'old', LANES],
  ['verifying', 'old', 0],
  ['replacing', 'old', 0],
  ['journal', 'new', 0],
];

test.each(points)(
  'killed at %s: the file is %s, then finished with at most %d more reads',
  async (stopAt, content, mostReads) => {
    const root = rig.folder();
    const expected = await rig.put('large.bin', data);
    const file = path.join(root, 'large.bin');
    writeFileSync(file, 'old');
    await killedAt(job(root, stopAt, expected));
    expect(md5Of(file)).toBe(content === 'old' ? md5(Buffer.from('old')) : md5(data));
    expect(partialsIn(root).length).toBeGreaterThan(0);

    const source = watch(createS3Source({ client: rig.s3.client, bucket: BUCKET, key: 'large.bin' }));
    const request = rig.request(root, 'large.bin', expected, { source, lanes: LANES });
    const { outcome } = await restore(request, makeControl({ repeatedSince: new Date(0) }));
    expect(outcome).toBe(content === 'old' ? 'healed' : 'skipped');
    // Five parts in all, three of them told as arrived: what was in flight is read again, nothing else.
    expect(source.opened.length).toBeLessThanOrEqual(mostReads);
    expect(md5Of(file)).toBe(md5(data));
    expect(namesIn(root)).toEqual(['large.bin']);
  },
);

test('a journal that is torn, or of a future version, costs reads and nothing else', async () => {
  const expected = await rig.put('large.bin', data);
  const tear = (journal: string): void => appendFileSync(journal, '5 2097152 0000');
  const future = (journal: string): void =>
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('"v":1', '"v":9'));
  for (const [spoil, mostReads] of [
    [tear, LANES],
    [future, 5],
  ] as const) {
    const root = rig.folder();
    await killedAt(job(root, 'parts', expected));
    const journal = partialsIn(root).find((name) => name.endsWith('.journal'));
    spoil(path.join(root, journal!));
    const source = watch(createS3Source({ client: rig.s3.client, bucket: BUCKET, key: 'large.bin' }));
    await restore(rig.request(root, 'large.bin', expected, { source }));
    expect(source.opened.length).toBeLessThanOrEqual(mostReads);
    expect(md5Of(path.join(root, 'large.bin'))).toBe(md5(data));
    expect(existsSync(path.join(root, journal!))).toBe(false);
  }
});
