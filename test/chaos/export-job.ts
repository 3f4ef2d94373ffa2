/** An export: atomic or direct, versioned or not; it succeeds, is cancelled, or has a file that is gone. */
import { expectedContent, generatedFile, type SampleFile } from '../../src/dev/export-api';
import { freePort } from '../../src/dev/ports';
import type { ExportResult } from '../../src/model/export-run';
import type { PublishMode } from '../../src/model/run';
import { plantSource, prefixKeys } from '../crash/support/stage-cases';
import { enableVersioning, writesByKey } from '../crash/support/versions';
import { digestOf, type BucketSnapshot } from '../support/bucket-view';
import type { Seeded } from '../support/seeded';
import type { TestProject } from '../support/test-project';
import { Books, manifestLines } from './books';
import type { JobContext, StartedJob } from './job';
import { endingOf, startSteadily, steadily, type Ending } from './steady';
import { STALL_TIMEOUT_SEC } from './world';
import { setTimeout as sleep } from 'node:timers/promises';

const MIB = 2 ** 20;
const MAX_LARGE_BYTES = 40 * MIB;
const MAX_SMALL_BYTES = 300_000;
const MAX_SMALL_FILES = 6;
const MAX_CANCEL_MS = 20_000;
const MAX_CONTENDER_MS = 5_000;
/** `plantSource`: `row 3\n` ninety-nine times. */
const PREFIX_OBJECT_BYTES = 99 * 6;

export interface ExportPlan {
  readonly publish: PublishMode;
  readonly isVersioned: boolean;
  readonly files: readonly SampleFile[];
  readonly withPrefix: boolean;
  readonly fate: 'succeed' | 'cancel' | 'fail';
  readonly cancelAfterMs: number;
  /** Another run for the same target, started a while later: refused while the first one has the target. */
  readonly contenderAfterMs: number | undefined;
}

export function drawExport(random: Seeded, publish: PublishMode = random.pick(['atomic', 'direct'])): ExportPlan {
  const small = Array.from({ length: random.int(1, MAX_SMALL_FILES) }, (_, n) =>
    generatedFile('asset', `small-${n}.parquet`, random.magnitude(MAX_SMALL_BYTES), random.int(1, 1e6)),
  );
  const large = generatedFile('asset', 'large.parquet', random.int(6 * MIB, MAX_LARGE_BYTES), random.int(1, 1e6));
  const draw = random.next();
  const fate = draw < 0.7 ? 'succeed' : draw < 0.85 ? 'cancel' : 'fail';
  return {
    publish,
    isVersioned: random.chance(0.5),
    files: [large, ...small],
    withPrefix: random.chance(0.3),
    fate,
    cancelAfterMs: random.int(0, MAX_CANCEL_MS),
    contenderAfterMs: fate === 'succeed' && random.chance(0.25) ? random.int(0, MAX_CONTENDER_MS) : undefined,
  };
}

export async function startExport(context: JobContext, plan: ExportPlan): Promise<StartedJob> {
  const { world, name } = context;
  const { harness } = world;
  const project = await makeProject(context, plan);
  const before = await steadily(() => project.snapshot());
  const run = async (id: string): Promise<Ending<ExportResult>> => {
    const handle = await startSteadily(harness.client, 'exportToS3', id, { project: project.name, runId: id });
    if (plan.fate === 'cancel') {
      await sleep(plan.cancelAfterMs);
      await steadily(() => handle.cancel());
    }
    return endingOf<ExportResult>(handle, context.isGivenUp);
  };
  const runs = [run(name)];
  const { contenderAfterMs } = plan;
  if (contenderAfterMs !== undefined) runs.push(sleep(contenderAfterMs).then(() => run(`${name}-contender`)));
  const endings = Promise.all(runs);
  return {
    name: `${name} (${plan.publish}, ${plan.isVersioned ? 'versioned' : 'unversioned'}, to ${plan.fate})`,
    over: endings.then((all) =>
      all.map((ending) => (ending.kind === 'succeeded' ? 'succeeded' : ending.code)).join(', '),
    ),
    check: async () => {
      const books = new Books();
      await new ExportCheck(books, project, plan, before).all(await endings);
      await project.api.close();
      return books;
    },
  };
}

async function makeProject({ world, name }: JobContext, plan: ExportPlan): Promise<TestProject> {
  const { harness } = world;
  const filesPort = await freePort();
  const source = await world.source(`${name} source`, filesPort);
  const prefix = plan.withPrefix ? await steadily(() => plantSource(harness)) : undefined;
  // Its retries are those of S3's client: an outage that outlasts them starts another export API, on another port.
  const project = await harness.project({
    files: plan.files,
    api: {
      filesPort,
      publicFilesUrl: source.endpoint,
      ...(prefix === undefined ? {} : { prefixes: { vulnerability: [prefix] } }),
    },
    config: {
      aws: { publish: plan.publish, endpoint: world.store.endpoint },
      transfer: { stall_timeout_sec: STALL_TIMEOUT_SEC, page_records: 3 },
    },
  });
  if (plan.isVersioned) await steadily(() => enableVersioning(harness.s3, project.bucket));
  await steadily(() => project.plantForeign(plan.files.slice(0, 2).map((file) => project.keyOf(file))));
  if (plan.fate === 'fail') project.api.faults.file({ path: plan.files.at(-1)!.path, status: 404, always: true });
  return project;
}

class ExportCheck {
  constructor(
    private readonly books: Books,
    private readonly project: TestProject,
    private readonly plan: ExportPlan,
    private readonly before: BucketSnapshot,
  ) {}

  async all(endings: readonly Ending<ExportResult>[]): Promise<void> {
    const { books, plan, project, before } = this;
    const succeeded = endings.flatMap((ending) => (ending.kind === 'succeeded' ? [ending.result] : []));
    // Whichever of two takes the target first: a server that is away for a moment may let the later one pass.
    const isOneIn = succeeded.length > 0 && endings.length > 1;
    for (const ending of endings) if (ending.kind === 'failed') this.failure(ending, isOneIn);
    if (plan.fate === 'fail') books.none('runs that succeeded without a file', succeeded);
    const keys = succeeded.length === 0 ? [] : [...Object.keys(this.sizes()), `${project.targetPrefix}/_SUCCESS`];
    books.bucket(before, await project.snapshot(), keys);
    const control = Object.keys(await project.controlFiles());
    books.none(
      'names of uploads that are left',
      control.filter((key) => key.includes('/staged/')),
    );
    if (plan.isVersioned) await this.writes(keys, succeeded.length);
    if (succeeded.length === 0) return;
    for (const result of succeeded) await this.run(result);
    this.turns(await Promise.all(succeeded.map(({ runId }) => project.ledger(runId))));
    for (const file of plan.files) {
      const expected = await digestOf(expectedContent(file));
      await books.object(project.harness.s3, project.bucket, project.keyOf(file), expected);
    }
  }

  private sizes(): Record<string, number> {
    const { plan, project } = this;
    const copied = plan.withPrefix ? prefixKeys(project).map((key) => [key, PREFIX_OBJECT_BYTES]) : [];
    return Object.fromEntries([
      ...plan.files.map((file) => [project.keyOf(file), file.sizeBytes]),
      ...copied,
    ]) as Record<string, number>;
  }

  private failure({ code, message, details }: Extract<Ending<unknown>, { kind: 'failed' }>, hasOther: boolean): void {
    const { books, plan } = this;
    const expected = { succeed: hasOther ? 'TargetBusy' : '', cancel: 'Cancelled', fail: 'SourceNotFound' }[plan.fate];
    if (code !== expected) books.problems.push(`failed with ${code}: ${message}`);
    books.none('could not be taken back', details.cleanup?.problems ?? []);
  }

  private async run({ runId, objects }: ExportResult): Promise<void> {
    const { books, project, plan } = this;
    const sizes = this.sizes();
    const lines = await project.ledger(runId);
    books.same(`objects of ${runId}`, objects, Object.keys(sizes).length);
    books.ledger(lines, sizes);
    books.report(await project.report(runId), lines);
    const records = plan.files.length + (plan.withPrefix ? 1 : 0);
    const written = await manifestLines(project.harness.s3, project.bucket, `${project.controlPrefix}/${runId}`);
    books.same(`manifest of ${runId}`, written, records);
  }

  /**
   * Each run writes each key once: a second version of one would be of a second writer. The marker of success alone may come again,
   * the same bytes, where the answer to it was lost.
   */
  private async writes(keys: readonly string[], times: number): Promise<void> {
    const { books, project, before } = this;
    const { harness, bucket, targetPrefix, controlPrefix } = project;
    const found = await writesByKey(harness.s3, bucket, targetPrefix, controlPrefix);
    const marker = `${targetPrefix}/_SUCCESS`;
    if ((found[marker] ?? 0) > times) found[marker] = times;
    const foreign = Object.keys(before.objects).filter((key) => key.startsWith(`${targetPrefix}/`));
    const expected = Object.fromEntries([
      ...foreign.map((key) => [key, 1]),
      ...keys.map((key) => [key, times]),
    ]) as object;
    if (this.plan.fate === 'succeed' || this.plan.publish === 'atomic')
      books.same('writes by key', sorted(found), sorted(expected));
  }

  /** Two runs of one target do not move at the same time. */
  private turns(ledgers: readonly (readonly { startedAt: string; finishedAt: string }[])[]): void {
    const spans = ledgers
      .map((lines) => ({
        from: lines.map(({ startedAt }) => startedAt).sort()[0] ?? '',
        to:
          lines
            .map(({ finishedAt }) => finishedAt)
            .sort()
            .at(-1) ?? '',
      }))
      .sort((a, b) => a.from.localeCompare(b.from));
    for (const [n, span] of spans.entries()) {
      const next = spans[n + 1];
      if (next !== undefined && next.from < span.to) {
        this.books.problems.push(`two runs moved at once: ${JSON.stringify(spans)}`);
      }
    }
  }
}

const sorted = (counts: object): object =>
  Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));
