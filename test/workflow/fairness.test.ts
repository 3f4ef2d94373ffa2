/** Two projects and few slots: who is served first where tasks of both wait. By the order of what runs, and no clock. */
import { withShare, type WantedShare } from '../../src/activities/lib/prepare/run-share';
import type { ApiActivities, TransferActivities } from '../../src/activities/types';
import { MESSAGES } from '../../src/model/run';
import type { ManifestRecord } from '../../src/model/records';
import { ScriptedWorld } from '../support/scripted-activities';
import { ScriptedRuns, type RunHandle } from '../support/scripted-run';
import { until } from '../support/until';

jest.setTimeout(120_000);

const SLOTS = 2;
const RECORDS = { noisy: 60, quiet: 3 } as const;
type Project = keyof typeof RECORDS;

const recordsOf = (project: string): ManifestRecord[] =>
  Array.from({ length: RECORDS[project as Project] }, (_, n) => ({
    n,
    kind: 'url',
    dataset: 'd',
    source: `https://example.com/${project}/${n}`,
    key: `${project}/${n}`,
  }));

/** All records of a run wait at once; none ends before `open`. */
class Neighbours extends ScriptedWorld {
  readonly order: string[] = [];
  open: () => void = () => undefined;
  private readonly opening = new Promise<void>((resolve) => (this.open = resolve));
  override transferSlots = SLOTS;
  override settings = { maxWorkers: RECORDS.noisy, opensInBatch: true } as const;

  constructor(
    private readonly wanted: Partial<Record<Project, WantedShare>>,
    /** LONGHAUL_MAX_WORKERS of the worker that prepares runs. */
    private readonly limit = 256,
  ) {
    super();
  }

  override api(): ApiActivities {
    const api = super.api();
    return {
      ...api,
      prepareRun: async (args) => {
        const { settings, previous } = await api.prepareRun(args);
        return { settings: withShare(settings, this.limit, this.wanted[args.ref.project as Project]), previous };
      },
      writeManifest: ({ settings }) =>
        Promise.resolve({ records: recordsOf(settings.project).length, pages: 1, prefixRecords: 0, datasets: 1 }),
      readManifestPage: ({ settings }) => Promise.resolve(recordsOf(settings.project)),
    };
  }

  override transfer(): TransferActivities {
    const transfer = super.transfer();
    return {
      ...transfer,
      openTransfer: async (args) => {
        this.order.push(args.settings.project);
        await this.whileRunning(this.opening);
        return transfer.openTransfer(args);
      },
    };
  }
}

let runs: ScriptedRuns;
beforeAll(async () => {
  runs = await ScriptedRuns.create();
});
afterAll(() => runs.close());

/** Starts a run, and waits until so many of its records are scheduled: all, where nothing bounds it. */
const waiting = async (project: Project, count: number = RECORDS[project]): Promise<RunHandle> => {
  const runId = `${project}-run`;
  const handle = await runs.start({ project, runId });
  const batch = runs.client.workflow.getHandle(`${runId}/batch/0`);
  const scheduled = async (): Promise<boolean> => (await batch.describe()).raw.pendingActivities?.length === count;
  await until(scheduled, { what: `${count} records of ${project} to be scheduled`, timeoutMs: 30_000 });
  return handle;
};

/** In which order records began, with the quiet run started when all of the noisy one's were waiting. */
const orderOf = async (wanted: Partial<Record<Project, WantedShare>>): Promise<string[]> => {
  const world = new Neighbours(wanted);
  return runs.with(world, async () => {
    const noisy = await waiting('noisy');
    const quiet = await waiting('quiet');
    world.open();
    await Promise.all([noisy.result(), quiet.result()]);
    return world.order;
  });
};

/** Tasks that the server had already chosen for the next poll. */
const CHOSEN = 2 * SLOTS + 4;

it('a project with few records is not behind all that another has put into the queue', async () => {
  const order = await orderOf({});
  expect(order).toHaveLength(RECORDS.noisy + RECORDS.quiet);
  // Dealt in turn from where it came: each of its records after one of the other's.
  expect(order.lastIndexOf('quiet')).toBeLessThan(CHOSEN + 2 * RECORDS.quiet);
});

it('a project of a lower priority waits for the others', async () => {
  const order = await orderOf({ quiet: { priority: 5, fairnessWeight: null } });
  // The last of each slot may begin in either order.
  expect(order.indexOf('quiet')).toBeGreaterThanOrEqual(order.length - RECORDS.quiet - SLOTS);
});

it('a run moves no more at once than the worker allows, whatever its settings say and an operator asks for', async () => {
  const world = new Neighbours({}, 3);
  world.transferSlots = 8;
  await runs.with(world, async () => {
    const handle = await waiting('noisy', 3);
    const asked = handle.executeUpdate(MESSAGES.setMaxWorkers, { args: [{ maxWorkers: 4 }] });
    await expect(asked).rejects.toMatchObject({ cause: { message: expect.stringContaining('from 1 to 3') as string } });
    world.open();
    await handle.result();
    expect(world.maxInFlight).toBeLessThanOrEqual(3);
  });
});
