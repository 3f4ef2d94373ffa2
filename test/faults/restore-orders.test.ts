/** Restores that a schedule starts, and `longhaul abort` of several raw files: the command, real files, a real store. */
import { existsSync } from 'node:fs';
import { errorOf, longhaul } from '../support/longhaul-command';
import { failureOf, untilProgress } from '../support/run-outcome';
import { md5, md5Of, MIB, RestoreWorld } from '../support/restore-world';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy';
import { sharedStack, uniqueName } from '../support/shared-stack';
import { bytesOf } from '../support/transfer-rig';
import { until } from '../support/until';

let world: RestoreWorld;
let proxy: S3Proxy;
beforeAll(async () => {
  proxy = await startS3Proxy(sharedStack().s3.endpoint);
  world = await RestoreWorld.start({ config: { s3: { endpoint: proxy.endpoint } } });
}, 120_000);
afterAll(async () => {
  await world.stop();
  await proxy.close();
});
beforeEach(() => {
  proxy.script = () => 'pass';
});

test('a schedule starts a restore, which ends well, and a second one, which finds everything there', async () => {
  const body = bytesOf(2 * MIB, 1);
  const id = await world.backup({ 'nightly.raw': body });
  const schedule = uniqueName('nightly-restore');
  const created = ['schedule', 'create', schedule, '--job', 'restore', '--raw-file', id, '--every', '1d'];
  expect(await longhaul(world.harness, ...created)).toMatchObject({ exitCode: 0, stderr: '' });
  const actions = async (): Promise<{ workflowId: string; scheduledAtMs: number }[]> => {
    const { info } = await world.harness.client.schedule.getHandle(schedule).describe();
    return info.recentActions.map(({ action, scheduledAt }) => ({
      workflowId: action.workflow.workflowId,
      scheduledAtMs: scheduledAt.getTime(),
    }));
  };
  const trigger = async (count: number): Promise<unknown> => {
    // Runs are named by the second that they are for: two of one second would be one.
    const before = (await actions()).at(-1)?.scheduledAtMs ?? 0;
    await until(() => Date.now() > before + 1_500 || null, { what: 'the next second', timeoutMs: 5_000 });
    expect((await longhaul(world.harness, 'schedule', 'trigger', schedule)).exitCode).toBe(0);
    const runs = await until(
      async () => {
        const found = await actions();
        return found.length >= count ? found : null;
      },
      { what: `run ${count} of the schedule`, timeoutMs: 20_000 },
    );
    return world.harness.client.workflow.getHandle(runs.at(-1)?.workflowId ?? '').result();
  };
  await expect(trigger(1)).resolves.toMatchObject({
    status: 'SUCCESS',
    restores: [{ raw_file_id: id, downloaded: 1 }],
  });
  expect(md5Of(world.path('nightly.raw'))).toBe(md5(body));
  await expect(trigger(2)).resolves.toMatchObject({ status: 'SUCCESS', restores: [{ raw_file_id: id, skipped: 1 }] });
  expect(world.reports(id)).toHaveLength(2);
  expect((await longhaul(world.harness, 'schedule', 'delete', schedule)).exitCode).toBe(0);
}, 60_000);

test('longhaul abort ends all of several raw files: what is done stays, the rest is cleaned up and reported', async () => {
  const done = await world.backup({ 'first.bin': bytesOf(10, 1) });
  const held = await world.backup({ 'second.raw': bytesOf(12 * MIB, 2) });
  let open = (): void => undefined;
  const holdUntil = new Promise<void>((resolve) => (open = resolve));
  // The first part passes, so that there is a partial file to be cleaned up.
  proxy.script = ({ operation, url, headers }) => {
    const isRest = url.pathname.endsWith('second.raw') && headers['range']?.startsWith('bytes=0-') !== true;
    return operation === 'get' && isRest ? { holdUntil } : 'pass';
  };
  const handle = await world.start({ raw_file_ids: [done, held] });
  await untilProgress(handle, 'one raw file done', ({ totals }) => totals.records === 1);
  await until(() => world.names().some((name) => name.endsWith('.partial')), { what: 'a partial', timeoutMs: 30_000 });

  const refused = await longhaul(world.harness, 'pause', handle.workflowId, '--json');
  expect([refused.exitCode, errorOf(refused).code]).toEqual([2, 'InvalidInput']);
  expect(errorOf(refused).message).toContain(`longhaul abort ${handle.workflowId}`);
  const aborted = await longhaul(world.harness, 'abort', handle.workflowId, '--reason', 'wrong disk');
  expect(aborted).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Aborting: .*done stays/) as string });

  const { code, message, details } = await failureOf(handle);
  open();
  expect({ code, message }).toEqual({ code: 'RunAborted', message: 'The run was aborted: wrong disk' });
  expect(details).toMatchObject({
    status: 'PARTIAL FAILURE',
    restores: [
      { raw_file_id: done, status: 'SUCCESS' },
      { raw_file_id: held, status: 'COMPLETE FAILURE', error: { code: 'Cancelled' } },
    ],
  });
  expect(world.names().filter((name) => name.includes('.partial'))).toEqual([]);
  expect([existsSync(world.path('first.bin')), existsSync(world.path('second.raw'))]).toEqual([true, false]);
  expect(world.reports(held)[0]).toMatch(/^second\.raw: FAILURE - Cancelled$/m);
}, 60_000);
