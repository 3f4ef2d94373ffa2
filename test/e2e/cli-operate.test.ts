/** `longhaul runs`, `longhaul top` and `longhaul watch` on a terminal, against real runs. */
import { generatedFile } from '../../src/dev/export-api';
import { errorOf, longhaul } from '../support/longhaul-command';
import { RunHarness } from '../support/run-harness';
import { untilProgress } from '../support/run-outcome';
import type { ScriptResult } from '../support/run-script';
import { uniqueName } from '../support/shared-stack';
import { describeWhere } from '../support/skip';
import { hasTerminal, OnTerminal, TERMINAL_NEED } from '../support/terminal-command';
import { until } from '../support/until';

const FILES = [1, 2, 3].map((seed) => generatedFile('asset', `part-${seed}.parquet`, 30_000, seed));
const [, broken] = FILES as [(typeof FILES)[0], (typeof FILES)[0]];
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

const run = (...argv: string[]): Promise<ScriptResult> => longhaul(harness, ...argv);

interface Listed {
  readonly runs: { workflowId: string; stage: string; failedRecords: number; status: string }[];
  readonly next: string | null;
}
const list = async (...argv: string[]): Promise<Listed> => {
  const { stdout } = await run('runs', ...argv, '--json');
  return JSON.parse(stdout) as Listed;
};
const idsOf = ({ runs }: Listed): string[] => runs.map(({ workflowId }) => workflowId);

/** Visibility is behind the runs by a moment. */
const untilListed = (count: number, ...argv: string[]): Promise<Listed> =>
  until(
    async () => {
      const listed = await list(...argv);
      return listed.runs.length === count ? listed : null;
    },
    { what: `${count} runs in the list of ${argv.join(' ')}`, timeoutMs: 20_000 },
  );

it('runs are listed by project, status, stage and failed records, page by page', async () => {
  const good = await harness.project({ files: FILES });
  const ids = ['first', 'second', 'third'].map(uniqueName);
  for (const id of ids) await (await good.start({}, id)).result();
  const bad = await harness.project({
    files: FILES,
    config: { transfer: { on_error: 'continue', tolerated_failures: 1 } },
  });
  bad.api.faults.file({ path: broken.path, status: 404, body: '<Error/>', always: true });
  const partly = uniqueName('partly');
  await (await bad.start({}, partly)).result();

  const newestFirst = [...ids].reverse();
  expect(idsOf(await untilListed(3, '--project', good.name))).toEqual(newestFirst);
  expect(await untilListed(1, '--failed-records')).toMatchObject({
    runs: [{ workflowId: partly, status: 'COMPLETED', failedRecords: 1, job: 'export', project: bad.name }],
  });
  expect(idsOf(await list('--project', good.name, '--failed-records'))).toEqual([]);
  expect(idsOf(await list('--status', 'failed'))).toEqual([]);
  expect(idsOf(await list('--job', 'ingest', 'load'))).toEqual([]);
  expect(idsOf(await list('--until', '2020-01-01'))).toEqual([]);
  expect(idsOf(await list('--since', '1h', '--stage', 'done')).sort()).toEqual([...ids, partly].sort());

  const page = await list('--project', good.name, '--limit', '2');
  expect(idsOf(page)).toEqual(newestFirst.slice(0, 2));
  const rest = await list('--project', good.name, '--limit', '2', '--after', page.next ?? '');
  expect(idsOf(rest)).toEqual(newestFirst.slice(2));

  const { stdout, stderr } = await run('runs', '--project', good.name, '--limit', '1');
  expect(stdout).toMatch(
    /^RUN +JOB +PROJECT +STATUS +STAGE +FAILED +STARTED +TOOK\nthird-\S+ +export +\S+ +completed +done +0 /,
  );
  expect(stderr).toMatch(/--after \S+\n$/);

  const refused = await run('runs', '--where', 'Nonsense >', '--json');
  expect([refused.exitCode, errorOf(refused).code]).toEqual([2, 'InvalidInput']);
  expect(errorOf(refused).message).toMatch(/^Temporal refuses the filter .*Nonsense/);
}, 120_000);

describe('a run that goes on', () => {
  const large = generatedFile('asset', 'large.parquet', 24 * 2 ** 20, 9);

  it('top shows it once, and again and again', async () => {
    const project = await harness.project({ files: [large, ...FILES] });
    project.api.faults.file({ path: large.path, bytesPerSec: 2 ** 15, always: true });
    const handle = await project.start();
    await untilProgress(handle, 'the small records', ({ totals }) => totals.records === 3);
    await untilListed(1, '--status', 'running');
    const once = await run('top', '--once', '--json', '--project', project.name);
    expect(JSON.parse(once.stdout)).toMatchObject({
      more: false,
      runs: [{ workflowId: handle.workflowId, stage: 'transferring', progress: { recordsTotal: 4, inFlight: 1 } }],
    });
    const text = (await run('top', '--once')).stdout;
    expect(text).toMatch(/^1 run · [^]*\nRUN +JOB +STAGE +DONE[^]*\nrun-\S+ +export +transferring +75% 3\/4 /);
    // eslint-disable-next-line no-control-regex -- the escapes that a pipe must not get.
    expect(text).not.toMatch(/\u001b/);
    await handle.terminate();
    expect((await run('top', '--once', '--project', 'nobody')).stdout).toMatch(/\nNothing is running\.\n$/);
  }, 90_000);

  describeWhere(hasTerminal(), TERMINAL_NEED)('on a terminal', () => {
    it.each([
      ['coloured', {}],
      ['plain with NO_COLOR', { NO_COLOR: '1' }],
    ])(
      'watch and top redraw in place, %s, until Ctrl-C, which leaves the run alone',
      async (_, env) => {
        const project = await harness.project({ files: [large, ...FILES] });
        project.api.faults.file({ path: large.path, bytesPerSec: 2 ** 15, always: true });
        const handle = await project.start();
        const screens = [
          new OnTerminal(harness, ['watch', handle.workflowId], env),
          new OnTerminal(harness, ['top', '--interval', '1s', '--project', project.name], env),
        ];
        try {
          for (const screen of screens) {
            await until(() => /75%/.test(screen.written) && screen.written.split('\u001b[J').length > 3, {
              what: 'a screen that is drawn again',
              timeoutMs: 40_000,
            });
            screen.interrupt();
          }
          expect(await Promise.all(screens.map(({ ended }) => ended))).toEqual([130, 0]);
          const [watched = '', topped = ''] = screens.map(({ written }) => written);
          expect(watched).toMatch(/▸ transferring[^]*you can {2}longhaul pause/);
          expect(watched).toContain(`longhaul abort ${handle.workflowId}`);
          expect(topped).toMatch(/transferring[^]*3\/4/);
          for (const text of [watched, topped]) {
            // Cursor up, erase below, and colours: nothing that a terminal would have to be brought back from.
            // eslint-disable-next-line no-control-regex -- the escapes that are allowed.
            const other = text.replace(/\u001b\[(\d+A|J|\d+m)/g, '');
            expect(other).not.toContain('\u001b');
            // eslint-disable-next-line no-control-regex -- colours.
            expect(/\u001b\[\d+m/.test(text)).toBe(!('NO_COLOR' in env));
          }
          expect((await handle.describe()).status.name).toBe('RUNNING');
        } finally {
          for (const screen of screens) screen.kill();
          await handle.terminate();
        }
      },
      90_000,
    );
  });
});
