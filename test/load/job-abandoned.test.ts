/** What terminated loads leave is removed, and nothing else. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { CleanedStaging } from '../../src/activities/load-types';
import { TASK_QUEUES } from '../../src/model/names';
import { janitor } from '../support/janitor-world';
import { csvOf, LoadRig, STAGING_ROOT, type TestSet } from '../support/load-rig';
import { uniqueName } from '../support/shared-stack';

let rig: LoadRig;
beforeAll(async () => {
  rig = await LoadRig.start();
}, 120_000);
afterAll(() => rig.stop());

const HOURS_AGO_SEC = Math.floor(Date.now() / 1000) - 7_200;

/** A staging folder; `owner` undefined: of somebody who is not us. */
const plant = async (set: TestSet, name: string, owner?: { workflowId: string; temporalRunId: string }) => {
  const put = (file: string, Body: string): Promise<unknown> =>
    rig.harness.s3.send(new PutObjectCommand({ Bucket: set.bucket, Key: `${STAGING_ROOT}${name}/${file}`, Body }));
  await put('part-00000.csv', '1,one\n');
  if (owner !== undefined) await put('run.json', JSON.stringify({ ...owner, loadId: name }));
};

const clean = (set: TestSet): Promise<CleanedStaging> =>
  rig.harness.client.workflow.execute('cleanLoadStaging', {
    taskQueue: TASK_QUEUES.workflows,
    workflowId: uniqueName('clean'),
    args: [{ data_set: set.name, s3_bucket: set.bucket }],
  });

it('removes folders of runs that have ended, and keeps the young, the running and those of others', async () => {
  const set = await rig.dataSet();
  await set.put('a.csv', csvOf(3));
  const gone = { workflowId: 'terminated-long-ago', temporalRunId: '01a1fef1-0000-7000-8000-000000000000' };
  const running = await rig.harness.client.workflow.start('holdTarget', {
    taskQueue: TASK_QUEUES.workflows,
    workflowId: uniqueName('running'),
  });
  const [ended, young, open, foreign] = [
    `${set.name}-${HOURS_AGO_SEC}-00000001`,
    `${set.name}-${HOURS_AGO_SEC + 7_100}-00000002`,
    `${set.name}-${HOURS_AGO_SEC}-00000003`,
    `spark-${HOURS_AGO_SEC}-00000004`,
  ];
  await plant(set, ended, gone);
  await plant(set, young, gone);
  await plant(set, open, { workflowId: running.workflowId, temporalRunId: running.firstExecutionRunId });
  await plant(set, foreign);

  expect(await clean(set)).toMatchObject({ bucket: set.bucket, removed: [ended], objects: 2, kept: 1 });
  const left = (await set.staged()).map((key) => key.slice(STAGING_ROOT.length).split('/')[0]);
  expect([...new Set(left)].sort()).toEqual([foreign, open, young].sort());
  await running.cancel();
});

it('the janitor finds them too, after days, and deletes them where it is asked to', async () => {
  const set = await rig.dataSet();
  await set.put('a.csv', csvOf(3));
  const gone = { workflowId: 'terminated-long-ago', temporalRunId: '01a1fef1-0000-7000-8000-000000000000' };
  const [old, recent] = [`${set.name}-${HOURS_AGO_SEC - 8 * 86_400}-00000001`, `${set.name}-${HOURS_AGO_SEC}-00000002`];
  await plant(set, old, gone);
  await plant(set, recent, gone);
  await plant(set, `spark-${HOURS_AGO_SEC - 8 * 86_400}-00000004`);
  const place = { data_set: set.name, s3_bucket: set.bucket };
  const before = await set.staged();
  const dry = await janitor(rig.harness, place);
  expect(dry).toMatchObject({ place: `s3://${set.bucket}/`, kinds: { staging: { found: 1, deleted: 0 } } });
  expect(await set.staged()).toEqual(before);
  const done = await janitor(rig.harness, { ...place, delete: true });
  expect(done).toMatchObject({ kinds: { staging: { found: 1, deleted: 1, failed: 0 } }, objects: 2 });
  expect(await set.staged()).toEqual(before.filter((key) => !key.includes(old)));
});

it('is done by each load, whose own folder is another', async () => {
  const set = await rig.dataSet();
  await set.put('a.csv', csvOf(3));
  await plant(set, `${set.name}-${HOURS_AGO_SEC}-00000001`, {
    workflowId: 'terminated-long-ago',
    temporalRunId: '01a1fef1-0000-7000-8000-000000000000',
  });
  expect(await set.run()).toMatchObject({ rows: 3 });
  expect(await set.staged()).toEqual([]);
});
