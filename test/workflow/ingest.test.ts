/** What `ingestUrls` itself decides: its day, what a cancel leaves, how it ends. Activities are scripted. */
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { WorkflowHandleWithStartDetails } from '@temporalio/client';
import type { IngestInput } from '../../src/model/ingest-run';
import { TASK_QUEUES } from '../../src/model/names';
import type { ingestUrls } from '../../src/workflows';
import { failureOf } from '../support/run-outcome';
import { failWith, ScriptedWorld } from '../support/scripted-activities';
import { ScriptedRuns } from '../support/scripted-run';
import { uniqueName } from '../support/shared-stack';
import { until } from '../support/until';

let runs: ScriptedRuns;
beforeAll(async () => {
  runs = await ScriptedRuns.create();
}, 60_000);
afterAll(() => runs.close());

const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

const start = (input: IngestInput, scheduled?: Date): Promise<WorkflowHandleWithStartDetails<typeof ingestUrls>> =>
  runs.client.workflow.start<typeof ingestUrls>('ingestUrls', {
    taskQueue: TASK_QUEUES.workflows,
    workflowId: uniqueName('ingest'),
    args: [input],
    ...(scheduled === undefined
      ? {}
      : { typedSearchAttributes: new TypedSearchAttributes([{ key: scheduledStart, value: scheduled }]) }),
  });

const datesOf = ({ ingest }: ScriptedWorld): (string | undefined)[] => [
  ...ingest.prepared.map(({ date }) => date),
  ...ingest.planned.map(({ settings }) => settings.date),
  ingest.finished?.settings.date,
];

describe('the day of the keys', () => {
  it('is that of the scheduled start, though the run goes on after midnight', async () => {
    const world = new ScriptedWorld();
    await runs.with(world, async () => {
      await (await start({ bucket: 'bucket' }, new Date('2025-08-26T23:59:59.900Z'))).result();
    });
    expect(datesOf(world)).toEqual(['2025-08-26', '2025-08-26', '2025-08-26']);
    expect(world.ingest.finished?.settings.targetPrefix).toMatch(/\/2025\/08\/26$/);
  });

  it('is that of the start where there is no schedule, and the one that is asked for before all', async () => {
    const world = new ScriptedWorld();
    await runs.with(world, async () => {
      const handle = await start({ bucket: 'bucket' });
      await handle.result();
      const { startTime } = await handle.describe();
      const day = startTime.toISOString().slice(0, 10);
      expect(datesOf(world)).toEqual([day, day, day]);
      expect(world.ingest.planned[0]?.ingestionTime.slice(0, 10)).toBe(day);
      await (await start({ bucket: 'bucket', date: '2025-01-02' }, new Date('2025-08-26T23:59:59.900Z'))).result();
      expect(world.ingest.prepared.at(-1)?.date).toBe('2025-01-02');
    });
  });
});

it('failed files do not fail the run; each is told, and nothing of others is taken back', async () => {
  const world = new ScriptedWorld();
  world.onOpen = ({ n }) => (n === 3 ? Promise.reject(failWith('SourceNotFound', 'gone')) : Promise.resolve());
  await runs.with(world, async () => {
    const result = await (await start({ bucket: 'bucket' })).result();
    expect(result).toMatchObject({ message: 'Streamed 9 ok, 1 failed', summary: { total_files: 10 } });
  });
  expect({ undone: world.undone, takenBack: world.takenBack }).toEqual({ undone: [], takenBack: [3] });
  expect(world.ingest.finished).toMatchObject({ outcome: 'succeeded', failures: [{ n: 3, code: 'SourceNotFound' }] });
});

it('a cancelled run keeps what is done and takes back what was in flight', async () => {
  const world = new ScriptedWorld();
  world.onOpen = ({ n }) => (n < 2 ? Promise.resolve() : new Promise(() => undefined));
  await runs.with(world, async () => {
    const handle = await start({ bucket: 'bucket' });
    await until(() => world.opened.length === 4, { what: 'two files in flight', timeoutMs: 20_000 });
    await handle.cancel();
    expect((await failureOf(handle)).code).toBe('Cancelled');
  });
  expect({ undone: world.undone, takenBack: world.takenBack.sort() }).toEqual({ undone: [], takenBack: [2, 3] });
  expect(world.ingest.finished?.outcome).toBe('cancelled');
});
