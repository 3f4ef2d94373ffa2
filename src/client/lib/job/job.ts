/** What the CLI needs to know of a job to start, follow and read its runs. The rows are in jobs.ts. */
import type { JobConfig } from '../../../config/types';
import type { ExportResult } from '../../../model/export-run';
import type { IngestResult } from '../../../model/ingest-run';
import type { LoadResult } from '../../../model/load-run';
import type { JobName } from '../../../model/names';
import type { RestoreResult } from '../../../model/restore-run';
import type { JobProgress } from '../../../model/run';
import type { TransferEventResult } from '../../../model/transfer-event';
import { compactTime } from '../print/format';
import type { JobWord } from './words';

/** What a run returns, whichever job it is of. */
export type JobResult = ExportResult | IngestResult | LoadResult | RestoreResult | TransferEventResult;

/** What every input may say. */
export interface JobInput {
  /** Identifies the run in keys and child ids. */
  readonly runId?: string;
}

export type JobWorkflow<I extends JobInput, R extends JobResult> = (input: I) => Promise<R>;

/** A run that has ended, as its report is looked for. */
export interface EndedRun<I extends JobInput, R extends JobResult> {
  readonly workflowId: string;
  readonly input: I;
  /** Absent where it failed, was cancelled or terminated. */
  readonly result?: R;
  /** Of the run's own failure; empty where Temporal keeps none, as for a cancelled run. */
  readonly details: readonly unknown[];
  /** The run's own account of itself. Undefined where no worker answers. */
  progress(): Promise<JobProgress | undefined>;
}

/**
 * Methods take what a run of this very job was given or returned. A `Job` of unknown kind comes from findRun or jobOf
 * together with the run, so its methods only ever meet their own inputs and results.
 */
export interface Job<I extends JobInput = JobInput, R extends JobResult = JobResult> {
  /** `transfer` is no word of schedules: an event happens once. */
  readonly word: JobWord | 'transfer';
  /** The workflow type. */
  readonly workflow: JobName;
  /** The field of the input that says what is moved, and the option of `schedule create` that sets it. */
  readonly subject: {
    readonly field: string;
    readonly option: 'project' | 'bucket' | 'dataSet' | 'rawFile';
    readonly flag: string;
  };
  /** The checks of the workflow itself, on what was typed or stands in history. Throws InvalidInput. */
  check(input: unknown): I;
  /** What is moved, for ids and titles. Undefined where the worker's environment decides. */
  subjectOf(input: I): string | undefined;
  /** What the run will be found by as LonghaulProject; undefined where only the run itself can know. */
  projectOf(input: I): string | undefined;
  /** Heads the run's page in the Web UI. */
  summary(input: I): string;
  /** The end of a run that has succeeded, for people. */
  resultText(workflowId: string, result: R): string;
  /** A sentence where a run has succeeded without having done all; undefined where nothing is missing. */
  shortfall(result: R): string | undefined;
  /** Why a run with this input does not take the order (of MESSAGES, or a command), and who does; absent where every run takes all. */
  refusal?(workflowId: string, input: I, order: string): string | undefined;
  /** Its workflow takes no Updates: `abort` requests its cancellation. */
  readonly endsByCancel?: true;
  /** Why a run that stands so would not end by a cancel, and what ends it; undefined where a cancel does. */
  cancelRefusal?(progress: JobProgress): string | undefined;
  /** Settings of the bucket where its runs keep their files, as this machine has them. `bucket`: where the run says that it is. */
  storeOf?(input: I, bucket: string | undefined): Pick<JobConfig, 'aws'>;
  /** The report as text, or as one JSON document. Throws ReportMissing where there is none, or what keeps it away. */
  readReport(run: EndedRun<I, R>, json: boolean): Promise<string>;
}

/** `<word>-<subject>-<run id>`, or with the time in UTC where the input names no run. Fit for a shell without quotes. */
export const defaultWorkflowId = <I extends JobInput, R extends JobResult>(
  job: Job<I, R>,
  input: I,
  now: Date = new Date(),
): string =>
  [job.word, job.subjectOf(input), input.runId ?? compactTime(now)]
    .filter((part) => part !== undefined)
    .join('-')
    .replace(/[^A-Za-z0-9._-]/g, '-');
