/** `cleanUp` over many pages: it goes on as new with what it has counted, and its result stays small. */
import type { SweepArgs, SweptPage } from '../../src/activities/janitor-types';
import { countFinding, noCounts, type Finding, type JanitorInput } from '../../src/model/janitor';
import { TASK_QUEUES } from '../../src/model/names';
import type { cleanUp } from '../../src/workflows';
import { failureOf } from '../support/run-outcome';
import { ScriptedWorld } from '../support/scripted-activities';
import type { ScriptedRuns } from '../support/scripted-run';
import { startShortHistories, type ShortHistories } from '../support/short-histories';
import { uniqueName } from '../support/shared-stack';

const PAGES = 30;
jest.setTimeout(120_000);

let server: ShortHistories;
let runs: ScriptedRuns;
beforeAll(async () => {
  server = await startShortHistories('janitor');
  ({ runs } = server);
});
afterAll(() => server.stop());

const ref = { job: 'exportToS3', project: 'project_01' } as const;
const step = { kind: 'uploads', ref, prefix: 'p/', controlPrefix: 'p/_longhaul' } as const;

/** Ten findings a page: nine that stay, and the last one deleted, or not. */
const worldOf = (last: 'deleted' | 'failed'): { world: ScriptedWorld; pages: (string | null)[] } => {
  const world = new ScriptedWorld();
  const pages: (string | null)[] = [];
  const sweepUploads = ({ after }: SweepArgs<'uploads'>): Promise<SweptPage> => {
    pages.push(after);
    const page = Number(after ?? 0) + 1;
    const findings = Array.from({ length: 10 }, (_, n): Finding => {
      const what = `s3://bucket/p/${page}-${n}`;
      const found = { kind: 'upload', what, since: '2026-01-01T00:00:00.000Z' } as const;
      return n < 9
        ? { ...found, fate: 'kept', reason: 'notNamed', why: 'test' }
        : { ...found, fate: last, why: 'test' };
    });
    const counts = findings.reduce(countFinding, noCounts());
    return Promise.resolve({ counts, findings, isVersioned: false, next: page < PAGES ? String(page) : null });
  };
  const surveyPlace = () => Promise.resolve({ place: 's3://bucket/p/', steps: [step] });
  Object.assign(world, { api: () => ({ surveyPlace, sweepUploads }) });
  return { world, pages };
};

const start = (input: JanitorInput) =>
  runs.client.workflow.start<typeof cleanUp>('cleanUp', {
    taskQueue: TASK_QUEUES.workflows,
    workflowId: uniqueName('janitor'),
    args: [input],
  });

it('each page once, over continue-as-new; what was deleted comes first in a result of bounded size', async () => {
  const { world, pages } = worldOf('deleted');
  await runs.with(world, async () => {
    const handle = await start({ project: 'project_01', delete: true });
    const result = await handle.result();
    expect(pages).toEqual([null, ...Array.from({ length: PAGES - 1 }, (_, n) => String(n + 1))]);
    expect((await runs.client.workflow.getHandle(handle.workflowId).describe()).runId).not.toBe(
      handle.firstExecutionRunId,
    );
    expect(result).toMatchObject({ place: 's3://bucket/p/', kept: { notNamed: 9 * PAGES }, moreFindings: 100 });
    expect(result.kinds.upload).toEqual({ found: PAGES, deleted: PAGES, failed: 0 });
    expect(result.findings).toHaveLength(200);
    expect(result.findings.filter(({ fate }) => fate === 'deleted')).toHaveLength(PAGES);
  });
});

it('fails at its end where something could not be deleted, with the whole result', async () => {
  const { world, pages } = worldOf('failed');
  await runs.with(world, async () => {
    const failure = await failureOf(await start({ project: 'project_01', delete: true }));
    expect(pages).toHaveLength(PAGES);
    expect(failure).toMatchObject({
      code: 'CleanupIncomplete',
      message: expect.stringMatching(/^30 of what runs have left .* the first: s3:\/\/bucket\/p\/1-9: test$/) as string,
      details: { janitor: { kinds: { upload: { found: PAGES, deleted: 0, failed: PAGES } } } },
    });
  });
});

it('refuses an input that names no place, or more than one', async () => {
  await runs.with(worldOf('deleted').world, async () => {
    const both = { project: 'a', bucket: 'b' };
    expect(await failureOf(await start(both))).toMatchObject({ code: 'InvalidInput' });
  });
});
