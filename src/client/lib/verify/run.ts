/** The body of `longhaul verify`: what a run has written, compared with what is there today. */
import type { JobConfig } from '../../../config/types';
import { EXIT_CODES, LonghaulError } from '../../../model/errors';
import type { LoadResult } from '../../../model/load-run';
import type { RestoreInput, RestoreResult } from '../../../model/restore-run';
import type { TransferEventResult } from '../../../model/transfer-event';
import { reportPlace } from '../job/bucket-report';
import { withTemporal } from '../connection';
import { endedRun } from '../run/ended';
import { formatCount, plural } from '../print/format';
import type { EndedRun, JobInput, JobResult } from '../job/job';
import type { TransferInput } from '../job/transfer';
import { knownRestore } from '../job/restore';
import { KeySet } from './key-set';
import { LiveBlock } from '../print/live-block';
import { ExitWith, type Output } from '../print/output';
import { findRun, type FoundRun } from '../run/find';
import { DIFFERENCES, type Difference, type DifferenceKind, isExpected } from './compare';
import { bucketPlace, diskPlace, type Entry, eventPlace, type VerifyPlace } from './places';

/** One HEAD each. */
const CHECKS_AT_ONCE = 32;
const PROGRESS_INTERVAL_MS = 1_000;
const PLAIN_INTERVAL_MS = 10_000;

export interface VerifyOptions {
  /** Also list what lies in the run's target and the ledger does not name. */
  readonly extra: boolean;
}

/** What `verify --json` ends with. */
export interface VerifyResult {
  readonly type: 'result';
  readonly workflowId: string;
  /** Lines of the ledger. */
  readonly lines: number;
  readonly compared: number;
  readonly equal: number;
  /** Of these, by their size alone: store and ledger have no checksum in common. */
  readonly bySizeOnly: number;
  /** Lines of what failed or was taken back, which left nothing to compare. */
  readonly leftNothing: number;
  readonly differences: Readonly<Record<DifferenceKind, number>>;
  readonly differing: number;
}

const noLedger = (workflowId: string, why: string): LonghaulError =>
  new LonghaulError('ReportMissing', `The run "${workflowId}" has no ledger to compare: ${why}.`);

/** Rows may have been changed by anybody since, and the ledger of a load knows its files alone. */
const rowsOf = (workflowId: string, result: LoadResult | undefined): LonghaulError => {
  const what =
    result === undefined ? 'did not end well' : `has loaded ${plural(result.rows, 'row')} into ${result.table}`;
  const text = `The load "${workflowId}" ${what}: there are no objects to compare.`;
  return new LonghaulError('RowsNotVerifiable', text);
};

const placeOf = async (
  found: FoundRun,
  run: EndedRun<JobInput, JobResult>,
  signal: AbortSignal,
): Promise<VerifyPlace> => {
  const { job } = found;
  const { workflowId } = run;
  switch (job.workflow) {
    case 'transferEvent': {
      if (run.result === undefined) throw noLedger(workflowId, 'it has moved nothing');
      const { event } = run.input as TransferInput;
      return eventPlace(event, run.result as TransferEventResult);
    }
    case 'restoreFiles': {
      const known = knownRestore(run as EndedRun<RestoreInput, RestoreResult>);
      const [record, ...others] = known?.restores ?? [];
      if (others.length > 0)
        throw new LonghaulError('InvalidInput', job.refusal?.(workflowId, run.input, 'verify') ?? '');
      const name = known?.runId ?? run.input.runId ?? (await run.progress())?.run;
      if (record === undefined || name === undefined) throw noLedger(workflowId, 'no file was looked at');
      return diskPlace(name, record, known?.host, (run.input as RestoreInput).set);
    }
    case 'loadToPostgres':
      throw rowsOf(workflowId, run.result as LoadResult | undefined);
    case 'exportToS3':
    case 'ingestUrls': {
      const storeOf = (name: string | undefined): Pick<JobConfig, 'aws'> => {
        const store = job.storeOf?.(run.input, name);
        if (store !== undefined) return store;
        throw new LonghaulError('Internal', `${job.workflow} names no store`);
      };
      const { bucket, key } = await reportPlace(run as Parameters<typeof reportPlace>[0], storeOf);
      return bucketPlace({ bucket, reportKey: key, aws: storeOf(bucket).aws }, signal);
    }
  }
};

/** Says how far it is on stderr: one line that is redrawn on a terminal, a line now and then elsewhere. */
class VerifyProgress {
  readonly #block: LiveBlock;
  #shownAtMs = performance.now();

  constructor(private readonly output: Output) {
    this.#block = new LiveBlock(output.io.stderr);
  }

  show(compared: number, differing: number): void {
    const { io, json } = this.output;
    if (json) return;
    const isLive = io.stderr.isTTY === true;
    const now = performance.now();
    if (now - this.#shownAtMs < (isLive ? PROGRESS_INTERVAL_MS : PLAIN_INTERVAL_MS)) return;
    this.#shownAtMs = now;
    const text = `${formatCount(compared)} compared, ${formatCount(differing)} differ`;
    if (isLive) this.#block.draw([text]);
    else this.output.note(text);
  }

  clear(): void {
    if (this.output.io.stderr.isTTY === true && !this.output.json) this.#block.erase();
  }
}

class Verification {
  lines = 0;
  compared = 0;
  equal = 0;
  bySizeOnly = 0;
  leftNothing = 0;
  readonly differences: Record<DifferenceKind, number>;
  readonly #progress: VerifyProgress;

  constructor(
    private readonly output: Output,
    private readonly place: VerifyPlace,
  ) {
    this.differences = { missing: 0, size: 0, checksum: 0, newer: 0, extra: 0 };
    this.#progress = new VerifyProgress(output);
  }

  get differing(): number {
    return DIFFERENCES.reduce((sum, kind) => sum + this.differences[kind], 0);
  }

  async run(options: VerifyOptions, signal: AbortSignal): Promise<void> {
    const { keys } = this.place;
    if (options.extra && keys === undefined)
      throw new LonghaulError(
        'InvalidInput',
        '--extra goes with exports and ingests: other runs have no target of their own.',
      );
    const seen = new KeySet();
    const entries = this.place.entries(signal)[Symbol.asyncIterator]();
    // Workers take from one iterator: a page is read when it is needed, and no more than these are in memory.
    const worker = async (): Promise<void> => {
      for (let next = await entries.next(); next.done !== true; next = await entries.next()) {
        if (options.extra) seen.add(next.value.line.key);
        await this.#check(next.value, signal);
      }
    };
    const settled = await Promise.allSettled(Array.from({ length: CHECKS_AT_ONCE }, worker));
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    if (options.extra && keys !== undefined)
      for await (const key of keys(signal))
        if (!seen.has(key))
          this.#tell({ kind: 'extra', object: this.place.display(key), record: null, detail: 'is not in the ledger' });
    this.#progress.clear();
  }

  async #check(entry: Entry, signal: AbortSignal): Promise<void> {
    this.lines += 1;
    if (!isExpected(entry.line)) {
      this.leftNothing += 1;
      return;
    }
    const verdict = await entry.check(signal);
    this.compared += 1;
    if ('equal' in verdict) {
      this.equal += 1;
      if (verdict.equal === 'size') this.bySizeOnly += 1;
    } else this.#tell({ ...verdict, object: entry.object, record: entry.line.n });
    this.#progress.show(this.compared, this.differing);
  }

  #tell(difference: Difference): void {
    this.differences[difference.kind] += 1;
    this.#progress.clear();
    this.output.data(
      { type: 'difference', ...difference },
      ({ kind, object, detail }) => `${kind.padEnd(9)} ${object}: ${detail}`,
    );
  }
}

const resultText = ({ compared, equal, bySizeOnly, leftNothing, differing, differences }: VerifyResult): string => {
  const kinds = DIFFERENCES.filter((kind) => differences[kind] > 0).map(
    (kind) => `${formatCount(differences[kind])} ${kind}`,
  );
  return [
    `compared   ${plural(compared, 'object')}: ${formatCount(equal)} as the ledger says${bySizeOnly === 0 ? '' : ` (${formatCount(bySizeOnly)} by size alone)`}`,
    ...(leftNothing === 0
      ? []
      : [
          `left out   ${plural(leftNothing, 'record')} that failed, or ${leftNothing === 1 ? 'was' : 'were'} given up or taken back`,
        ]),
    `differ     ${differing === 0 ? 'none' : kinds.join(', ')}`,
  ].join('\n');
};

/**
 * Each difference is told as it is found, then how many there are. Ends with the exit code of LedgerDiffers where there is any.
 * Throws RunNotFound, ReportMissing without a ledger, RowsNotVerifiable for a load, or what the store or disk answers.
 */
export const verifyRun = async (output: Output, workflowId: string, options: VerifyOptions): Promise<void> => {
  const interrupted = new AbortController();
  const onSignal = (): void => interrupted.abort(new ExitWith(EXIT_CODES.cancelled));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const { signal } = interrupted;
  try {
    const place = await withTemporal(async ({ client }) => {
      const run = await findRun(client, workflowId);
      return placeOf(run, await endedRun(client, run), signal);
    });
    try {
      const { lines, compared, equal, bySizeOnly, leftNothing, differences, differing } = await verified(
        output,
        place,
        options,
        signal,
      );
      const result = {
        type: 'result',
        workflowId,
        lines,
        compared,
        equal,
        bySizeOnly,
        leftNothing,
        differences,
        differing,
      } as const;
      output.data<VerifyResult>(result, resultText);
      if (differing > 0) throw new ExitWith(EXIT_CODES.difference);
    } finally {
      await place.close();
    }
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
};

const verified = async (
  output: Output,
  place: VerifyPlace,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<Verification> => {
  const verification = new Verification(output, place);
  await verification.run(options, signal);
  return verification;
};
