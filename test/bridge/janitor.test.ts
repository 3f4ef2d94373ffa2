/** The janitor on temporaries of events in Cloud Storage: only ours, only old ones, and none of an event that goes on. */
import { janitor } from '../support/janitor-world';
import { EventRig } from '../support/event-rig';
import { TASK_QUEUES } from '../../src/model/names';
import { uniqueName } from '../support/shared-stack';

const DAY_MS = 86_400_000;
let rig: EventRig;
beforeAll(async () => {
  rig = await EventRig.start();
}, 120_000);
afterAll(() => rig.stop());
afterEach(() => jest.restoreAllMocks());

/** The store is in this process, so its clock is ours. */
async function plantTemporary(transferId: string, days: number): Promise<string> {
  const name = `.longhaul-tmp/${'0123456789abcdef'.repeat(2)}/${transferId}`;
  const now = Date.now() - days * DAY_MS;
  const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
  await rig.put(rig.at('gcp_gcs', name), Buffer.from('left behind'));
  clock.mockRestore();
  return name;
}

it('finds and removes them', async () => {
  const open = await rig.harness.client.workflow.start('holdTarget', {
    taskQueue: TASK_QUEUES.workflows,
    workflowId: uniqueName('event'),
  });
  const dashless = (id: string): string => id.replaceAll('-', '');
  const names = {
    old: await plantTemporary(dashless('01a1fef1-0000-7000-8000-000000000001'), 9),
    young: await plantTemporary(dashless('01a1fef1-0000-7000-8000-000000000002'), 1),
    running: await plantTemporary(dashless(open.firstExecutionRunId), 9),
    // Old enough for the limit that is asked for, not for a transfer of another cluster.
    doubtful: await plantTemporary(dashless('01a1fef1-0000-7000-8000-000000000003'), 5),
  };
  await plantTemporary('nested/deeper', 9);
  const isThere = async (name: string): Promise<boolean> => (await rig.read(rig.at('gcp_gcs', name))) !== null;

  const order = { gcs_bucket: rig.bucket, olderThanDays: 3 };
  const dry = await janitor(rig.harness, order);
  expect(dry).toMatchObject({
    place: `gs://${rig.bucket}/`,
    kinds: { temporary: { found: 1, deleted: 0 } },
    kept: { runOpen: 1, runUnknown: 1 },
  });
  expect(await isThere(names.old)).toBe(true);

  const done = await janitor(rig.harness, { ...order, delete: true });
  expect(done).toMatchObject({ kinds: { temporary: { found: 1, deleted: 1, failed: 0 } }, objects: 1 });
  expect(await Promise.all(Object.values(names).map(isThere))).toEqual([false, true, true, true]);
  await open.cancel();
}, 120_000);
