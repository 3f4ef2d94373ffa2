/** The words of the command line for jobs and policies. Light on purpose: `longhaul --help` loads it, and no Temporal client. */
import type { JobName } from '../../../model/names';

/** What `--job` takes; each is also the command that starts the job. */
export const JOB_WORDS = ['export', 'ingest', 'load', 'restore'] as const;
export type JobWord = (typeof JOB_WORDS)[number];

/** What `--job` of a schedule takes: the jobs, and the janitor, which is none. */
export const SCHEDULE_WORDS = [...JOB_WORDS, 'janitor'] as const;
export type ScheduleWord = (typeof SCHEDULE_WORDS)[number];

/** What `--overlap` takes. */
export const OVERLAP_WORDS = ['skip', 'buffer-one', 'allow-all'] as const;
export type Overlap = (typeof OVERLAP_WORDS)[number];

/** How runs of a job are spoken of while they go on. */
export interface JobTerms {
  /** What a run moves one of. */
  readonly unit: 'record' | 'file' | 'object';
  /** Whether what is done stays when a run is aborted: each file stands for itself. */
  readonly keepsOnAbort: boolean;
  /** What JobProgress.project holds. */
  readonly subject: 'project' | 'bucket' | 'data set' | 'raw file';
}

export const JOB_TERMS: Readonly<Record<JobName, JobTerms>> = {
  exportToS3: { unit: 'record', subject: 'project', keepsOnAbort: false },
  ingestUrls: { unit: 'file', subject: 'bucket', keepsOnAbort: true },
  loadToPostgres: { unit: 'file', subject: 'data set', keepsOnAbort: false },
  restoreFiles: { unit: 'file', subject: 'raw file', keepsOnAbort: true },
  transferEvent: { unit: 'object', subject: 'bucket', keepsOnAbort: false },
};
