/** `longhaul schedule …` against a real Temporal server. No worker: what counts is what is started, and for when. */
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

it.each([['describe'], ['pause'], ['resume'], ['trigger'], ['delete']])('%s of an unknown id', async (command) => {
  const result = await schedule(command, 'no-such-schedule', '--json');
  expect([result.exitCode, codeOf(result)]).toEqual([9, 'ScheduleNotFound']);
});

it('a cron line that only the server can refuse is InvalidInput', async () => {
  const result = await schedule('create', uniqueName('bad'), ...CREATE.slice(0, 4), '--cron', '0 99 * * *', '--json');
  expect(result.stderr).toContain('InvalidInput');
  expect(result.exitCode).toBe(2);
});
