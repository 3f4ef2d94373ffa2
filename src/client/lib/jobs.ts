/** The jobs as the CLI knows them: one row each. A new job is a row here and a command file. */
import { LonghaulError } from '../../model/errors';
import type { ExportResult } from '../../model/export-run';
import { normalizeIngestInput } from '../../model/ingest-input';
import type { IngestResult } from '../../model/ingest-run';
import { isJobName, type JobName, WORKFLOWS } from '../../model/names';
import { validateExportInput } from '../../workflows/lib/validate-input';
import { ingestResultText, plainResultText, resultText } from './result-text';

/** The short names of `--job`, which are also the commands that start the jobs. */
export const JOB_WORDS = ['export', 'ingest', 'restore'] as const;
export type JobWord = (typeof JOB_WORDS)[number];

export interface Job {
  readonly word: JobWord;
  /** The workflow type. */
  readonly workflow: JobName;
  /** The field of the input that says whose data it is: what `--project` and `--bucket` set, and ids carry. */
  readonly subject: 'project' | 'bucket';
  /** The checks of the workflow itself, before anything is started. Throws InvalidInput. */
  check(input: Record<string, unknown>): void;
  /** Heads the run's page in the Web UI. */
  summary(subject: string | undefined, input: Record<string, unknown>): string;
  /** The end of a run, for people. `result` is what a run of this workflow returned. */
  resultText(workflowId: string, result: unknown): string;
}

const requireProject = (job: string, input: Record<string, unknown>): void => {
  if (typeof input.project === 'string' && input.project !== '') return;
  throw new LonghaulError('InvalidInput', `The input of ${job} needs a project: a text that is not empty.`);
};

const checkIngest = (input: Record<string, unknown>): void => {
  const checked = normalizeIngestInput(input);
  if ('problem' in checked) throw new LonghaulError('InvalidInput', checked.problem);
};

const JOBS: Readonly<Record<JobWord, Job>> = {
  export: {
    word: 'export',
    workflow: WORKFLOWS.exportToS3,
    subject: 'project',
    check: (input) => void validateExportInput(input),
    summary: (project, { records, recordsUri, export: type }) => {
      const given = records !== undefined || recordsUri !== undefined;
      const what = given ? 'Given records' : `${typeof type === 'string' ? type : 'vulnerability'} export`;
      return `${what} of ${project ?? '?'} to S3`;
    },
    resultText: (workflowId, result) => resultText(workflowId, result as ExportResult),
  },
  ingest: {
    word: 'ingest',
    workflow: WORKFLOWS.ingestUrls,
    subject: 'bucket',
    check: checkIngest,
    summary: (bucket) => `URLs of parameters.json into ${bucket ?? 'the worker’s bucket'}`,
    resultText: (workflowId, result) => ingestResultText(workflowId, result as IngestResult),
  },
  restore: {
    word: 'restore',
    workflow: WORKFLOWS.restoreFiles,
    subject: 'project',
    check: (input) => requireProject('restoreFiles', input),
    summary: (project) => `Restore of ${project ?? '?'} to disk`,
    resultText: plainResultText,
  },
};

export const jobOf = (word: JobWord): Job => JOBS[word];

/** The job of a workflow type. Undefined for workflows that are no job of ours. */
export const jobOfWorkflow = (type: string): Job | undefined =>
  isJobName(type) ? JOB_WORDS.map(jobOf).find(({ workflow }) => workflow === type) : undefined;

/** Whose data a run or schedule moves. Undefined where the worker's environment decides. */
export const subjectOf = (job: Job, input: Record<string, unknown>): string | undefined => {
  const value = input[job.subject];
  return typeof value === 'string' ? value : undefined;
};
