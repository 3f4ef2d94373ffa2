/** `longhaul activity`: what a run does now, and one activity of it paused, unpaused and reset, on real servers. */
import { generatedFile } from '../../src/dev/export-api';
import { type PendingActivity, pendingActivities } from '../../src/client/lib/operate/pending-activities';
import type { JobProgress } from '../../src/model/run';
import { errorOf, longhaul } from '../support/longhaul-command';
import { RunHarness } from '../support/run-harness';
import type { ScriptResult } from '../support/run-script';
import { uniqueName } from '../support/shared-stack';
import { until } from '../support/until';

const MIB = 2 ** 20;
const PART_BYTES = 5 * MIB;
const LANES = 2;
const LARGE = generatedFile('asset', 'large.parquet', 60 * MIB, 1);
const SMALL = [2, 3].map((seed) => generatedFile('asset', `small-${seed}.parquet`, 30_000, seed));

let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

const run = (...argv: string[]): Promise<ScriptResult> => longhaul(harness, ...argv);

const untilRecord = (id: string, what: string, fits: (activity: PendingActivity) => boolean) =>
  until(
    async () => {
      const { activities } = await pendingActivities(harness.client, id);
      return activities.find((one) => one.record === 0 && fits(one)) ?? null;
    },
    { what, timeoutMs: 30_000 },
  );

describe('a large file in the middle', () => {
  it('pause keeps its parts, unpause and reset go on from there, and all others are not concerned', async () => {
    const project = await harness.project({
      files: [LARGE, ...SMALL],
      config: { transfer: { lanes: LANES, on_error: 'wait' } },
    });
    const path = project.api.urlPath('vulnerability', LARGE);
    const served = (): number => project.api.requests[path]?.bytes ?? 0;
    project.api.faults.file({ path: LARGE.path, bytesPerSec: 2 * MIB, always: true });
    const id = uniqueName('paused');
    expect(await run('export', project.name, '--detach', '--workflow-id', id)).toMatchObject({ exitCode: 0 });
    await untilRecord(id, 'two parts', ({ bytes }) => (bytes ?? 0) >= 2 * PART_BYTES);

    const paused = await run('activity', 'pause', id, '0', '--reason', 'the source is slow');
    expect(paused).toMatchObject({ exitCode: 0, stderr: '' });
    expect(paused.stdout).toMatch(/^record\/0\S* stops with its next heartbeat.*longhaul activity unpause/);
    const kept = await untilRecord(id, 'the pause', ({ state }) => state === 'paused');
    expect(kept.bytes ?? 0).toBeGreaterThanOrEqual(2 * PART_BYTES);
    const shown = await run('activity', 'list', id);
    expect(shown.stdout).toMatch(/^ACTIVITY +DOES +STATE/);
    expect(shown.stdout).toMatch(/record\/0\S* +moves the parts +paused/);
    expect(shown.stdout).toContain('paused: the source is slow');
    // The others end meanwhile, and of this one nothing is asked for.
    const isLast = async (): Promise<true | null> => {
      const { totals } = JSON.parse((await run('status', id, '--json')).stdout) as JobProgress;
      return totals.records === SMALL.length ? true : null;
    };
    await until(isLast, { what: 'the other records', timeoutMs: 30_000 });
    const before = served();

    expect((await run('activity', 'unpause', id, kept.id)).stdout).toMatch(/goes on from where it was/);
    const goesOn = await untilRecord(id, 'more bytes', ({ bytes, state }) => {
      return state === 'running' && (bytes ?? 0) > (kept.bytes ?? 0);
    });
    expect(served()).toBeGreaterThan(before);

    const reset = await run('activity', 'reset', id, '#0');
    expect(reset).toMatchObject({ exitCode: 0, stderr: '' });
    expect(reset.stdout).toMatch(/starts anew as attempt 1/);
    const anew = await untilRecord(id, 'the reset', ({ attempt }) => attempt === 1);
    expect(goesOn.attempt).toBeGreaterThan(1);
    expect([anew.id, anew.bytes]).toEqual([kept.id, expect.any(Number)]);
    expect(anew.bytes ?? 0).toBeGreaterThanOrEqual(goesOn.bytes ?? 0);

    project.api.faults.clear();
    expect((await run('watch', id)).exitCode).toBe(0);
    await project.expectByteExact();
    // Twice it was told to stop: at most what was in flight then has come twice.
    expect(served()).toBeLessThanOrEqual(LARGE.sizeBytes + 2 * LANES * PART_BYTES);
    for (const file of SMALL)
      expect(project.api.requests[project.api.urlPath('vulnerability', file)]?.requests).toBe(1);
  }, 90_000);
});

describe('what is wrong is said', () => {
  it.each([['list'], ['pause', '0'], ['unpause', '0'], ['reset', '0']])('%s: no such run', async (verb, ...more) => {
    const refused = await run('activity', verb, 'no-such-run', ...more, '--json');
    expect([refused.exitCode, errorOf(refused).code]).toEqual([9, 'RunNotFound']);
  });

  it('an activity that is not there, and a run that has ended', async () => {
    const project = await harness.project({ files: SMALL, config: { transfer: { on_error: 'wait' } } });
    project.api.faults.file({ path: 'small-3.parquet', status: 404, body: '<Error/>', always: true });
    const id = uniqueName('parked');
    await run('export', project.name, '--detach', '--workflow-id', id);
    await until(async () => ((await run('status', id)).stdout.includes('parked') ? true : null), {
      what: 'the park',
      timeoutMs: 30_000,
    });
    for (const target of ['1', 'record/1/1', 'batch/0/9', '77']) {
      const refused = await run('activity', 'pause', id, target, '--json');
      expect([target, refused.exitCode, errorOf(refused).code]).toEqual([target, 9, 'ActivityNotFound']);
    }
    expect(await run('activity', 'list', id)).toMatchObject({ exitCode: 0, stdout: 'No activity is pending.\n' });
    await run('skip-record', id, '1');
    expect((await run('watch', id)).exitCode).toBe(0);
    const ended = await run('activity', 'list', id, '--json');
    expect([ended.exitCode, errorOf(ended).code]).toEqual([9, 'RunNotRunning']);
  });
});
