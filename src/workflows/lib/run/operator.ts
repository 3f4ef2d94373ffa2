/** What an operator can ask of a run: declared here, with the descriptions that the Web UI shows. */
import { defineQuery, defineUpdate, setHandler } from '@temporalio/workflow';
import { MAX_WORKERS_LIMIT, MESSAGES, type JobProgress, type OperatorReply, type Stage } from '../../../model/run';
import { isBytesPerSec, MAX_BYTES_PER_SEC } from '../../../model/run-rate';
import { failure } from '../failures';

interface RetryArgs {
  readonly records?: number[];
}

interface AbortArgs {
  readonly reason?: string;
}

export const progressQuery = defineQuery<JobProgress>(MESSAGES.progress);
const pauseUpdate = defineUpdate<OperatorReply>(MESSAGES.pause);
const resumeUpdate = defineUpdate<OperatorReply>(MESSAGES.resume);
const setMaxWorkersUpdate = defineUpdate<OperatorReply, [{ maxWorkers: number }]>(MESSAGES.setMaxWorkers);
const setMaxBytesPerSecUpdate = defineUpdate<OperatorReply, [{ maxBytesPerSec: number | null }]>(
  MESSAGES.setMaxBytesPerSec,
);
const retryFailedUpdate = defineUpdate<OperatorReply, [RetryArgs?]>(MESSAGES.retryFailed);
const skipRecordUpdate = defineUpdate<OperatorReply, [{ record: number }]>(MESSAGES.skipRecord);
const upgradeUpdate = defineUpdate<OperatorReply>(MESSAGES.upgrade);
const abortUpdate = defineUpdate<OperatorReply, [AbortArgs?]>(MESSAGES.abort);

/** What the handlers need of the run. Every method is synchronous and may be called twice with the same effect. */
export interface Operated {
  progress(): JobProgress;
  reply(affected: number): OperatorReply;
  readonly stage: Stage;
  /** The most that `setMaxWorkers` takes. */
  readonly maxWorkersLimit: number;
  /** False once the run only goes forward. */
  readonly isStoppable: boolean;
  /** Numbers of failed records that wait for a decision; empty unless `on_error` is `wait`. */
  readonly waiting: readonly number[];
  /** False: its workers do not look at its limit, because it was prepared before there was one that can be changed. */
  readonly takesRate: boolean;
  setPaused(paused: boolean): void;
  setMaxWorkers(maxWorkers: number): void;
  /** Null lifts the limit. */
  setMaxBytesPerSec(maxBytesPerSec: number | null): void;
  retry(records: readonly number[] | null): number;
  skip(record: number): number;
  /** Goes on as a new execution once the batches under way have ended. */
  upgrade(): void;
  abort(reason: string): void;
}

const reject = (message: string): Error => failure('InvalidInput', message);

export function registerOperator(run: Operated): void {
  setHandler(progressQuery, () => run.progress(), {
    description: 'Stage, records, bytes, rate, last errors and what can be done now',
  });
  setHandler(pauseUpdate, () => (run.setPaused(true), run.reply(0)), {
    description: 'Start no more records; those in flight end. No argument.',
    validator: () => assertStoppable(run),
  });
  setHandler(resumeUpdate, () => (run.setPaused(false), run.reply(0)), {
    description: 'Start records again. No argument.',
  });
  setHandler(setMaxWorkersUpdate, ({ maxWorkers }) => (run.setMaxWorkers(maxWorkers), run.reply(0)), {
    description: `Records moved at once: {"maxWorkers": 1 to ${MAX_WORKERS_LIMIT}}`,
    validator: (args?: unknown) => validateMaxWorkers(run, args),
  });
  setHandler(setMaxBytesPerSecUpdate, ({ maxBytesPerSec }) => (run.setMaxBytesPerSec(maxBytesPerSec), run.reply(0)), {
    description: 'Bytes that the run reads per second: {"maxBytesPerSec": 10000000}; null lifts the limit',
    validator: (args: unknown) => validateMaxBytesPerSec(run, args),
  });
  setHandler(retryFailedUpdate, (args?: RetryArgs) => run.reply(run.retry(args?.records ?? null)), {
    description: 'Move failed records again: {} for all, or {"records": [7, 9]}. For runs with on_error "wait".',
    validator: (args?: RetryArgs) => validateRecords(run, args?.records),
  });
  setHandler(skipRecordUpdate, ({ record }) => run.reply(run.skip(record)), {
    description: 'Give one failed record up: {"record": 7}. For runs with on_error "wait".',
    validator: (args?: { record: number }) => validateRecords(run, [args?.record ?? Number.NaN]),
  });
  setHandler(upgradeUpdate, () => (run.upgrade(), run.reply(0)), {
    description:
      'Start no more batches; when those under way have ended, go on with the worker version that is current. No argument.',
    validator: () => assertStoppable(run),
  });
  registerAbort(run);
}

/** Of runs that take no other order too. */
export function registerAbort(run: Pick<Operated, 'stage' | 'isStoppable' | 'reply' | 'abort'>): void {
  setHandler(abortUpdate, (args?: AbortArgs) => (run.abort(args?.reason ?? 'no reason given'), run.reply(0)), {
    description: 'End the run; exports take back what they have made: {"reason": "…"}',
    validator: (args?: AbortArgs) => {
      assertStoppable(run);
      if (args?.reason !== undefined && typeof args.reason !== 'string')
        throw reject('Give {"reason": "text"} or nothing');
    },
  });
}

function assertStoppable({ stage, isStoppable }: Pick<Operated, 'stage' | 'isStoppable'>): void {
  if (!isStoppable) throw reject(`The run is ${stage}: it only goes forward now`);
}

function validateMaxWorkers({ maxWorkersLimit }: Operated, args: unknown): void {
  const value = (args as { maxWorkers?: unknown } | undefined)?.maxWorkers;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > maxWorkersLimit) {
    throw reject(`Give {"maxWorkers": n} with a whole number from 1 to ${maxWorkersLimit}`);
  }
}

function validateMaxBytesPerSec(run: Operated, args: unknown): void {
  const value = (args as { maxBytesPerSec?: unknown } | undefined)?.maxBytesPerSec;
  if (value !== null && !isBytesPerSec(value)) {
    throw reject(
      `Give {"maxBytesPerSec": n} with a whole number from 1 to ${MAX_BYTES_PER_SEC}, or {"maxBytesPerSec": null} to lift the limit`,
    );
  }
  if (!run.takesRate) {
    throw reject(
      'This run was begun by an older version, whose records cannot be told: use setMaxWorkers, or pause the run',
    );
  }
}

function validateRecords(run: Operated, records: readonly number[] | undefined): void {
  const { waiting } = run;
  if (waiting.length === 0)
    throw reject('No failed record waits for a decision; only a run with on_error "wait" keeps them');
  for (const n of records ?? []) {
    if (!waiting.includes(n))
      throw reject(`Record ${n} has not failed; waiting are ${waiting.slice(0, 20).join(', ')}`);
  }
}
