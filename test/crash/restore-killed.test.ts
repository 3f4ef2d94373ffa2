/** SIGKILL of the worker in the middle of a restore: another one on the host goes on, and reads what was in flight again. */
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { md5, md5Of, MIB, RestoreWorld } from '../support/restore-world';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy';
import { sharedStack } from '../support/shared-stack';
import { bytesOf } from '../support/transfer-rig';
import { until } from '../support/until';

/** As restore-world configures them. */
const LANES = 2;
const PART_BYTES = 5 * MIB;
/** Parts that arrive before the others are held. */
const PASSED = 3;
const RUN_TIMEOUT_MS = 90_000;

let world: RestoreWorld;
let proxy: S3Proxy;
beforeAll(async () => {
  proxy = await startS3Proxy(sharedStack().s3.endpoint);
  world = await RestoreWorld.start({ config: { s3: { endpoint: proxy.endpoint } } });
  mkdirSync(world.path(), { recursive: true });
}, 120_000);
afterAll(async () => {
  await world.stop();
  await proxy.close();
});

const readsOf = (name: string): string[] =>
  proxy.seen
    .filter(({ operation, url }) => operation === 'get' && url.pathname.endsWith(name))
    .map(({ headers }) => String(headers['range']));

const restart = async (): Promise<void> => {
  await world.harness.workers.at(-1)?.kill();
  await world.harness.startWorker({ env: { LONGHAUL_HOST: 'host-1' } });
};

test(
  'in the middle of a large file: the old one is there until the new one is, at most the parts in flight are read again',
  async () => {
    const data = bytesOf(22 * MIB, 1);
    const id = await world.backup({ 'large.raw': data });
    writeFileSync(world.path('large.raw'), 'old');
    let release = (): void => undefined;
    const holdUntil = new Promise<void>((resolve) => (release = resolve));
    proxy.script = ({ operation }) =>
      operation === 'get' && readsOf('large.raw').length > PASSED ? { holdUntil } : 'pass';
    const handle = await world.start({ raw_file_id: id });
    await until(() => readsOf('large.raw').length === PASSED + LANES, { what: 'held reads', timeoutMs: 30_000 });
    await world.harness.workers.at(-1)?.kill();
    expect(readFileSync(world.path('large.raw'), 'utf8')).toBe('old');
    const before = readsOf('large.raw').length;
    proxy.script = () => 'pass';
    release();
    await world.harness.startWorker({ env: { LONGHAUL_HOST: 'host-1' } });
    expect((await handle.result()).restores).toMatchObject([{ status: 'SUCCESS', healed: 1 }]);
    expect(md5Of(world.path('large.raw'))).toBe(md5(data));
    expect(world.names()).toEqual(['large.raw']);
    const parts = Math.ceil(data.length / PART_BYTES);
    expect(before + readsOf('large.raw').slice(before).length - parts).toBeLessThanOrEqual(LANES);
  },
  RUN_TIMEOUT_MS,
);

test(
  'once all is read, while it verifies or replaces: the file is the old or the new one, and nothing is read again',
  async () => {
    const data = bytesOf(22 * MIB, 2);
    const id = await world.backup({ 'replaced.raw': data });
    writeFileSync(world.path('replaced.raw'), 'old');
    const handle = await world.start({ raw_file_id: id });
    const parts = Math.ceil(data.length / PART_BYTES);
    await until(() => readsOf('replaced.raw').length === parts, {
      what: 'all reads',
      timeoutMs: 30_000,
      intervalMs: 2,
    });
    await restart();
    const found = md5Of(world.path('replaced.raw'));
    expect([md5(Buffer.from('old')), md5(data)]).toContain(found);
    expect((await handle.result()).status).toBe('SUCCESS');
    expect(md5Of(world.path('replaced.raw'))).toBe(md5(data));
    expect(world.names()).toEqual(['large.raw', 'replaced.raw']);
    expect(readsOf('replaced.raw').length - parts).toBeLessThanOrEqual(LANES);
  },
  RUN_TIMEOUT_MS,
);

test(
  'hashing 4 GiB does not delay a heartbeat',
  async () => {
    // Zeros take no disk and as long to hash as anything else; `head -c 4294967296 /dev/zero | md5sum`.
    const sizeBytes = 4096 * MIB;
    world.record('huge-zeros', { file_info: { 'huge.raw': [sizeBytes, 'c9a5a6878d97b48cc965c1e41859f034'] } });
    const file = openSync(world.path('huge.raw'), 'w');
    ftruncateSync(file, sizeBytes);
    closeSync(file);
    const handle = await world.start({ raw_file_id: 'huge-zeros' });
    const { run } = await handle.query<{ run: string }>('progress');
    const batch = world.harness.client.workflow.getHandle(`${run}/batch/0`);
    const beats = new Set<number>();
    const state = { isOver: false };
    const ended = handle.result().finally(() => (state.isOver = true));
    while (!state.isOver) {
      const { raw } = await batch.describe().catch(() => ({ raw: undefined }));
      const hashing = raw?.pendingActivities?.find(({ activityId }) => activityId === 'record/0');
      const beat = hashing?.lastHeartbeatTime;
      if (beat != null) beats.add(Number(beat.seconds) * 1000 + (beat.nanos ?? 0) / 1e6);
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 200))]).catch(() => undefined);
    }
    expect((await ended).restores).toMatchObject([{ skipped: 1 }]);
    const times = [...beats].sort((a, b) => a - b);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    // One a second; 4 GiB take 6 s and more, in which a blocked loop would send none.
    expect(times.length).toBeGreaterThan(3);
    expect(Math.max(...gaps)).toBeLessThan(3_000);
  },
  RUN_TIMEOUT_MS,
);
