/** `longhaul schedule …` against a real Temporal server. No worker: what counts is what is started, and for when. */
import { ScheduleClient } from '@temporalio/client';
import { runCli } from '../unit/client/run-cli';
import { RunHarness } from '../support/run-harness';
import { uniqueName } from '../support/shared-stack';
import { until } from '../support/until';

let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start({ worker: false });
  Object.assign(process.env, harness.cliEnv());
}, 90_000);
afterAll(() => harness.stop());

const schedule = (...argv: string[]) => runCli('schedule', ...argv);
const CREATE = ['--job', 'export', '--project', 'project_01', '--cron', '0 6 * * *'];
const codeOf = ({ stderr }: { stderr: string }): unknown =>
  (JSON.parse(stderr) as { error: { code: string } }).error.code;

interface View {
  overlap: string;
  catchupMs: number;
  pauseOnFailure: boolean;
  note: string;
  paused: boolean;
  nextRuns: string[];
  recentRuns: { scheduledAt: string; workflowId: string }[];
}

const view = async (id: string): Promise<View> => JSON.parse((await schedule('describe', id, '--json')).stdout) as View;

it('create, list, describe, pause, resume, trigger, delete', async () => {
  const id = uniqueName('nightly');
  expect(await schedule('create', id, ...CREATE, '--timezone', 'Europe/Berlin')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^Created the schedule /) as string,
  });
  await until(
    async () => {
      const { stdout } = await schedule('list');
      return stdout.includes(`${id}  export  0 6 * * *`) ? stdout : null;
    },
    { what: 'the schedule in the list', timeoutMs: 20_000 },
  );
  expect((await view(id)).nextRuns).toHaveLength(5);
  expect((await schedule('describe', id)).stdout).toMatch(/Europe\/Berlin[^]*overlap +skip[^]*on failure pause/);
  expect((await schedule('pause', id)).exitCode).toBe(0);
  expect((await view(id)).paused).toBe(true);
  expect((await schedule('resume', id)).exitCode).toBe(0);
  expect((await view(id)).paused).toBe(false);
  expect((await schedule('trigger', id)).exitCode).toBe(0);
  await until(async () => ((await view(id)).recentRuns.length === 1 ? true : null), {
    what: 'the triggered run',
    timeoutMs: 20_000,
  });
  const again = await schedule('create', id, ...CREATE, '--json');
  expect([again.exitCode, codeOf(again)]).toEqual([9, 'ScheduleExists']);
  expect((await schedule('delete', id)).exitCode).toBe(0);
  const gone = await schedule('describe', id, '--json');
  expect([gone.exitCode, codeOf(gone)]).toEqual([9, 'ScheduleNotFound']);
}, 60_000);

it.each(['0 6 * * *', '0 0 * * *'])(
  'a backfill of three days of "%s" starts three runs, for these days',
  async (cron) => {
    const id = uniqueName('backfill');
    await schedule('create', id, ...CREATE.slice(0, 4), '--cron', cron, '--paused');
    expect((await schedule('backfill', id, '--from', '2026-01-01', '--to', '2026-01-03')).exitCode).toBe(0);
    const { recentRuns } = await until(
      async () => {
        const seen = await view(id);
        return seen.recentRuns.length >= 3 ? seen : null;
      },
      { what: 'three runs', timeoutMs: 20_000 },
    );
    const hour = cron === '0 6 * * *' ? '06' : '00';
    const days = ['01', '02', '03'].map((day) => `2026-01-${day}T${hour}:00:00`);
    expect(recentRuns.map(({ workflowId }) => workflowId).sort()).toEqual(days.map((day) => `export-${id}-${day}Z`));
    await schedule('delete', id);
  },
  60_000,
);

it('every flag of create is what the server has afterwards; --trigger-now starts a run at once', async () => {
  const id = uniqueName('flags');
  const flags = ['--catchup', '2h', '--no-pause-on-failure', '--overlap', 'buffer-one', '--note', 'for the flags'];
  expect(await schedule('create', id, ...CREATE, ...flags, '--trigger-now')).toMatchObject({ exitCode: 0 });
  const shown = await until(
    async () => {
      const seen = await view(id);
      return seen.recentRuns.length > 0 ? seen : null;
    },
    { what: 'the run of --trigger-now', timeoutMs: 20_000 },
  );
  expect(shown).toMatchObject({
    overlap: 'buffer-one',
    catchupMs: 7_200_000,
    pauseOnFailure: false,
    note: 'for the flags',
    paused: false,
  });
  expect((await schedule('describe', id)).stdout).toMatch(/catch-up +2 h 00 min\non failure go on/);
});

it.each([
  ['export', ['--project', 'project_01'], 'exportToS3', 'project_01'],
  ['ingest', ['--bucket', 'bucket-01'], 'ingestUrls', 'bucket-01'],
  ['restore', ['--raw-file', '20250115_sample'], 'restoreFiles', '20250115_sample'],
])('runs of a scheduled %s are found by the search attributes before any worker has seen them', async (...row) => {
  const [job, subject, workflow, project] = row;
  const id = uniqueName(job);
  await schedule('create', id, '--job', job, ...subject, '--every', '1d', '--trigger-now');
  const query = `LonghaulJob = "${workflow}" AND LonghaulProject = "${project}"`;
  const found = await until(
    async () => {
      for await (const run of harness.client.workflow.list({ query })) if (run.workflowId.includes(id)) return run;
      return null;
    },
    { what: `a run with ${query}`, timeoutMs: 20_000 },
  );
  expect(found).toMatchObject({ type: workflow, status: { name: 'RUNNING' } });
});

it('trigger follows the policy of the schedule unless it is told otherwise', async () => {
  const id = uniqueName('skipping');
  await schedule('create', id, ...CREATE);
  const info = async () => (await harness.client.schedule.getHandle(id).describe()).info;
  const untilInfo = (what: string, fits: (seen: Awaited<ReturnType<typeof info>>) => boolean) =>
    until(async () => (fits(await info()) ? true : null), { what, timeoutMs: 20_000 });

  expect((await schedule('trigger', id)).stdout).toBe(`The schedule ${id} is triggered (overlap skip).\n`);
  await untilInfo('the first run', ({ runningActions }) => runningActions.length === 1);
  const again = await schedule('trigger', id);
  expect(again.stdout).toMatch(/\(overlap skip\)\.\nStill going: export-skipping-\S+\nSo no other is started\./);
  await untilInfo('a skipped run', ({ numActionsSkippedOverlap }) => numActionsSkippedOverlap === 1);
  expect((await info()).numActionsTaken).toBe(1);

  // Runs are named by the second that they are for: two of one second would be one.
  const first = (await info()).recentActions[0]?.scheduledAt.getTime() ?? 0;
  await until(() => (Date.now() > first + 1_500 ? true : null), { what: 'the next second', timeoutMs: 5_000 });
  expect((await schedule('trigger', id, '--overlap', 'allow-all')).exitCode).toBe(0);
  await untilInfo('a run beside the first', ({ numActionsTaken }) => numActionsTaken === 2);
});

it('the list says of runs that retention has taken that they are gone', async () => {
  const id = uniqueName('gone');
  await schedule('create', id, ...CREATE, '--trigger-now');
  const rowOf = async (): Promise<{ id: string; lastRun: string | null; lastOutcome: string | null } | undefined> =>
    (
      JSON.parse((await schedule('list', '--json')).stdout) as { id: string; lastRun: string; lastOutcome: string }[]
    ).find((row) => row.id === id);
  const outcome = (wanted: string) =>
    until(
      async () => {
        const row = await rowOf();
        return row?.lastOutcome === wanted ? row : null;
      },
      { what: `a last run that is ${wanted}`, timeoutMs: 20_000 },
    );
  const { lastRun } = await outcome('running');
  await harness.client.workflowService.deleteWorkflowExecution({
    namespace: harness.namespace,
    workflowExecution: { workflowId: lastRun ?? '' },
  });
  await outcome('gone');
});

it('takes both ends of a backfill as inside: what the guide says of the server', async () => {
  const id = uniqueName('bounds');
  await schedule('create', id, ...CREATE, '--paused');
  await harness.client.schedule.getHandle(id).backfill({
    start: new Date('2026-01-01T06:00:00Z'),
    end: new Date('2026-01-03T06:00:00Z'),
    overlap: 'ALLOW_ALL',
  });
  const seen = await until(
    async () => {
      const { recentRuns } = await view(id);
      return recentRuns.length >= 2 ? recentRuns.map(({ workflowId }) => workflowId.slice(-20)).sort() : null;
    },
    { what: 'the runs', timeoutMs: 20_000 },
  );
  expect(seen).toEqual(['2026-01-01T06:00:00Z', '2026-01-02T06:00:00Z', '2026-01-03T06:00:00Z']);
});

describe('when the server or the SDK says something odd', () => {
  afterEach(() => jest.restoreAllMocks());

  it('a schedule that was created is created, though its next run cannot be told', async () => {
    const id = uniqueName('created');
    jest.spyOn(ScheduleClient.prototype, 'getHandle').mockImplementationOnce(() => ({
      ...harness.client.schedule.getHandle(id),
      describe: () => Promise.reject(new Error('the frontend has moved')),
    }));
    const { exitCode, stdout, stderr } = await schedule('create', id, ...CREATE);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `Created the schedule ${id}.\n` });
    expect(stderr).toContain('the frontend has moved');
    expect((await view(id)).paused).toBe(false);
  });

  it('a mistake of ours is no fault of who typed', async () => {
    jest.spyOn(ScheduleClient.prototype, 'create').mockRejectedValueOnce(new TypeError('x is not a function'));
    const result = await schedule('create', uniqueName('typo'), ...CREATE, '--json');
    expect(codeOf(result)).toBe('Internal');
  });

  it('a namespace without the search attributes says how to get them', async () => {
    const namespace = uniqueName('bare');
    await harness.connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    process.env.TEMPORAL_NAMESPACE = namespace;
    try {
      const result = await until(
        async () => {
          const tried = await schedule('create', uniqueName('bare'), ...CREATE, '--json');
          return codeOf(tried) === 'NamespaceNotFound' ? null : tried;
        },
        { what: 'the namespace', timeoutMs: 30_000 },
      );
      expect(codeOf(result)).toBe('SearchAttributesMissing');
      expect(result.stderr).toMatch(/LonghaulJob|LonghaulProject/);
    } finally {
      process.env.TEMPORAL_NAMESPACE = harness.namespace;
    }
  });
});

it.each([['describe'], ['pause'], ['resume'], ['trigger'], ['delete']])('%s of an unknown id', async (command) => {
  const result = await schedule(command, 'no-such-schedule', '--json');
  expect([result.exitCode, codeOf(result)]).toEqual([9, 'ScheduleNotFound']);
});

it('a cron line that only the server can refuse is InvalidInput', async () => {
  const result = await schedule('create', uniqueName('bad'), ...CREATE.slice(0, 4), '--cron', '0 99 * * *', '--json');
  expect(result.stderr).toContain('InvalidInput');
  expect(result.exitCode).toBe(2);
});
