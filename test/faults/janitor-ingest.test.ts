/** The janitor in the bucket of ingests. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { listObjects } from '../support/bucket-view';
import { IngestRig } from '../support/ingest-rig';
import { ageRun, janitor, keptIn, plantRun, uploadOf, type Place } from '../support/janitor-world';
import { until } from '../support/until';

let rig: IngestRig;
beforeAll(async () => {
  rig = await IngestRig.start();
}, 120_000);
afterAll(() => rig.stop());

/** As its retention does, some days after a run has ended. */
async function forget(workflowId: string): Promise<void> {
  const { client, namespace } = rig.harness;
  await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  const isGone = (): Promise<boolean> =>
    client.workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => false,
        (error: unknown) => error instanceof WorkflowNotFoundError,
      );
  await until(isGone, { what: `Temporal to forget ${workflowId}`, timeoutMs: 150_000 });
}

it('takes orphans and the files of old runs, one that Temporal has forgotten too; state/ and data stay', async () => {
  const bucket = await rig.bucket([rig.host.add('/one.csv', 'a,b\n1,2\n')]);
  const place: Place = { harness: rig.harness, bucket, controlPrefix: '_longhaul/ingest', targetPrefix: 'raw' };
  const handle = await rig.start({ bucket, date: '2026-01-01', skipUnchanged: true });
  const old = await handle.result();
  const recent = await rig.run({ bucket, date: '2026-01-02' });
  await forget(handle.workflowId);
  for (const folder of [old.run_id, 'state']) await ageRun(place, folder, 100);
  await plantRun(place, { days: 20, keys: ['raw/2026/01/03/orphan.csv'] });
  await uploadOf(place, 'raw/2026/01/03/orphan.csv', 19);
  await uploadOf(place, 'raw/2026/01/03/foreign.csv', 19);
  const before = Object.keys(await listObjects(rig.harness.s3, bucket));

  const result = await janitor(rig.harness, { bucket, retentionDays: 90, delete: true });
  expect(result).toMatchObject({
    place: `s3://${bucket}/raw/`,
    kinds: { upload: { found: 1, deleted: 1 }, run: { found: 1, deleted: 1 }, staged: { found: 0 } },
    isVersioned: false,
  });
  expect(keptIn(result)).toEqual({ 'foreign.csv': 'notNamed' });
  const after = Object.keys(await listObjects(rig.harness.s3, bucket));
  expect(after).toEqual(before.filter((key) => !key.startsWith(`_longhaul/ingest/${old.run_id}/`)));
  const left = new Set(after.map((key) => key.split('/').slice(0, 3).join('/')));
  for (const folder of ['_longhaul/ingest/state', `_longhaul/ingest/${recent.run_id}`, 'raw/2026/01'])
    expect(left.has(folder)).toBe(true);
}, 240_000);
