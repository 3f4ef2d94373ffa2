/**
 * What a noisy project costs a quiet one on the same worker: a run of few records alone, and again while a run of very many is under
 * way. With the defaults of both; with a noisy one that asks for more records at once than the worker has slots, so that a backlog
 * stands in the transfer queue; with that on a server without fairness, which hands out what has waited longest; and with the noisy
 * one bounded by the worker.
 */
import { WorkflowNotFoundError } from '@temporalio/common';
import { generatedRecords } from '../src/dev/export-api/samples';
import { sampleConfig, writeProjectConfig } from '../src/dev/sample-config';
import { until } from '../src/dev/wait';
import type { ExportType } from '../src/model/export-run';
import { TASK_QUEUES, WORKFLOWS } from '../src/model/names';
import { MESSAGES, type JobProgress } from '../src/model/run';
import { bench } from './lib/bench';
import { median } from './lib/median';
import { BUCKET, type Rig, withRig } from './lib/rig';

const FILE_BYTES = 2_000;
const GOAL = 2;
const DEFAULTS = { noisy: 10_000, quiet: 10, workers: 64, bound: 4, rounds: 5 };

/** Each has its own list at the sample API. */
const TYPES = { noisy: 'vulnerability', quiet: 'policy' } as const satisfies Record<string, ExportType>;
type Project = keyof typeof TYPES;

/** The noisy run is in full swing once it has moved this share of its records. */
const SWING = 0.02;
const SWING_TIMEOUT_MS = 120_000;

interface Case {
  /** Of the noisy project; null: the default. */
  readonly workers: number | null;
  readonly isFair: boolean;
  /** LONGHAUL_MAX_WORKERS of the worker; null: the default. */
  readonly bound: number | null;
}

interface Side {
  readonly aloneSec: number;
  readonly besideSec: number;
  /** Of the noisy run, while the quiet ones ran. */
  readonly noisyPerSec: number;
}

void bench('fairness', DEFAULTS, async ({ options, say }) => {
  const { workers, bound } = options;
  const sideOf = async (what: string, each: Case): Promise<Side> => {
    const temporalDynamicConfig = { 'matching.enableFairness': each.isFair };
    const side = await withRig(say, (rig) => measure(rig, options, each, (line) => say(`${what}: ${line}`)), {
      temporalDynamicConfig,
    });
    say(`${what}: ${side.aloneSec.toFixed(2)} s alone, ${side.besideSec.toFixed(2)} s beside the noisy run`);
    return side;
  };
  const plain = await sideOf('defaults', { workers: null, isFair: true, bound: null });
  const fair = await sideOf('backlog', { workers, isFair: true, bound: null });
  const unfair = await sideOf('backlog without fairness', { workers, isFair: false, bound: null });
  const bounded = await sideOf('backlog, bounded', { workers, isFair: true, bound });
  const ratio = ({ aloneSec, besideSec }: Side): number => besideSec / aloneSec;
  return {
    figures: {
      small_vs_alone: ratio(plain),
      small_vs_alone_backlog: ratio(fair),
      small_vs_alone_backlog_without_fairness: ratio(unfair),
      small_vs_alone_bounded: ratio(bounded),
      small_alone_s: plain.aloneSec,
      small_beside_s: plain.besideSec,
      noisy_records_per_s: plain.noisyPerSec,
      noisy_backlog_records_per_s: fair.noisyPerSec,
      noisy_bounded_records_per_s: bounded.noisyPerSec,
    },
    goals: { small_vs_alone: { max: GOAL } },
  };
});

async function measure(
  rig: Rig,
  { noisy, quiet, rounds }: typeof DEFAULTS,
  { workers, bound }: Case,
  say: (line: string) => void,
): Promise<Side> {
  const { stack } = rig;
  stack.exportApi.setFiles(TYPES.noisy, generatedRecords(noisy, FILE_BYTES));
  stack.exportApi.setFiles(TYPES.quiet, generatedRecords(quiet, FILE_BYTES));
  configure(rig, 'noisy', workers === null ? {} : { max_workers: workers });
  configure(rig, 'quiet', {});
  await stack.startWorker(bound === null ? {} : { env: { LONGHAUL_MAX_WORKERS: String(bound) } });
  // Not measured: the first run of a process compiles its code.
  for (const warmUp of ['warm-up-1', 'warm-up-2']) await quietRun(rig, warmUp);
  const alone = await quietRuns(rig, 'alone', rounds, say);

  const run = await start(rig, 'noisy', 'noisy');
  const progress = (): Promise<JobProgress> => run.query<JobProgress>(MESSAGES.progress);
  await until(async () => (await progress()).totals.records >= noisy * SWING, {
    what: 'the noisy run to be in full swing',
    timeoutMs: SWING_TIMEOUT_MS,
  });
  const before = await progress();
  const startedMs = performance.now();
  const beside = await quietRuns(rig, 'beside', rounds, say);
  const seconds = (performance.now() - startedMs) / 1000;
  const after = await progress();
  if (after.stage !== 'transferring') throw new Error('the noisy run has ended too early: give --noisy more records');
  // Its end is not awaited: what it has moved by now is known.
  await run.terminate().catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });
  return {
    aloneSec: median(alone),
    besideSec: median(beside),
    noisyPerSec: (after.totals.records - before.totals.records) / seconds,
  };
}

const configure = ({ stack }: Rig, project: Project, aws: Record<string, unknown>): void =>
  writeProjectConfig(
    stack.configDir,
    project,
    sampleConfig(stack, BUCKET, { aws: { ...aws, target_prefix: project } }),
  );

const start = ({ client }: Rig, project: Project, workflowId: string) =>
  client.workflow.start(WORKFLOWS.exportToS3, {
    taskQueue: TASK_QUEUES.workflows,
    workflowId,
    args: [{ project, runId: workflowId, export: TYPES[project] }],
  });

/** Seconds from the client's start to the result. */
async function quietRun(rig: Rig, workflowId: string): Promise<number> {
  const startedMs = performance.now();
  await (await start(rig, 'quiet', workflowId)).result();
  return (performance.now() - startedMs) / 1000;
}

async function quietRuns(rig: Rig, name: string, rounds: number, say: (line: string) => void): Promise<number[]> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) seconds.push(await quietRun(rig, `${name}-${round}`));
  say(`${name}: ${seconds.map((each) => each.toFixed(2)).join(', ')} s`);
  return seconds;
}
