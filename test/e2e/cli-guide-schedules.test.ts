/**
 * Every command line of docs/guide-schedules.md, run as printed by a shell: first all that say `longhaul`, then all that
 * say `temporal`, each in a namespace of its own. After each the two namespaces must hold the same.
 */
import type { ScheduleDescription } from '@temporalio/client';
import { GuideShell, linesOfGuide } from '../support/guide-shell';
import { RunHarness } from '../support/run-harness';
import { until } from '../support/until';

type Tool = 'longhaul' | 'temporal';

const lines = linesOfGuide('guide-schedules.md');
const linesOf = (tool: Tool): string[] => lines.filter((line) => line.startsWith(`${tool} `));

let shell: GuideShell;
const harnesses: RunHarness[] = [];
beforeAll(async () => {
  shell = await GuideShell.create();
}, 90_000);
afterAll(async () => {
  for (const harness of harnesses) await harness.stop();
  shell.remove();
});

/** The runs that a line starts; what is due now is named by the clock, so only their number can be compared. */
const startedBy = (line: string): number => (/ trigger /.test(line) ? 1 : / backfill /.test(line) ? 3 : 0);
const runName = (id: string): string => id.replace(/-20(?!26-01-0)\d\d-.*$/, '-now');

const shown = ({ spec, action, policies, state, info }: ScheduleDescription): unknown => ({
  // No jitter and a jitter of 0 are one thing, written in two ways.
  spec: {
    ...spec,
    jitter: spec.jitter ?? 0,
    calendars: spec.calendars?.map((calendar) => ({ ...calendar, comment: undefined })),
  },
  starts: [action.workflowType, action.workflowId, action.taskQueue, action.args],
  policies,
  paused: state.paused,
  note: state.note ?? '',
  runs: info.recentActions.map((run) => runName(run.action.workflow.workflowId)).sort(),
});

/** Runs all lines of one tool; answers what the namespace holds after each. */
async function effectsOf(tool: Tool): Promise<{ line: string; schedules: Record<string, unknown>; text: string }[]> {
  const harness = await RunHarness.start({ worker: false });
  harnesses.push(harness);
  const { schedule } = harness.client;
  const ids = new Set<string>();
  const effects = [];
  let taken = 0;
  for (const line of linesOf(tool)) {
    const text = await shell.run(harness, line);
    const id = / create (?:--schedule-id )?(\S+)/.exec(line)?.[1];
    if (id !== undefined) ids.add(id);
    if (/ delete /.test(line)) ids.delete('nightly');
    taken += startedBy(line);
    if (ids.has('nightly')) {
      await until(async () => (await schedule.getHandle('nightly').describe()).info.numActionsTaken === taken, {
        what: `${taken} runs after: ${line}`,
        timeoutMs: 20_000,
      });
    }
    const schedules: Record<string, unknown> = {};
    for (const each of ids) schedules[each] = shown(await schedule.getHandle(each).describe());
    effects.push({ line, schedules, text });
  }
  await expect(schedule.getHandle('nightly').describe()).rejects.toThrow(/not found/i);
  return effects;
}

it('each pair of lines does the same', async () => {
  expect(linesOf('longhaul').length + linesOf('temporal').length).toBe(lines.length);
  expect(linesOf('longhaul').length).toBeGreaterThanOrEqual(10);
  expect(linesOf('temporal')).toHaveLength(linesOf('longhaul').length);
  const [ours, theirs] = [await effectsOf('longhaul'), await effectsOf('temporal')];
  for (const [at, effect] of ours.entries()) {
    const other = theirs[at];
    expect({ line: effect.line, holds: effect.schedules }).toEqual({ line: effect.line, holds: other?.schedules });
  }
  const backfilled = ours.find(({ line }) => line.includes(' backfill '))?.schedules.nightly;
  expect(backfilled).toMatchObject({
    runs: [
      'export-nightly-2026-01-01T05:00:00Z',
      'export-nightly-2026-01-02T05:00:00Z',
      'export-nightly-2026-01-03T05:00:00Z',
      'export-nightly-now',
    ],
  });
}, 120_000);
