/** The jobs as the CLI knows them. A new job is a row here, a <word>.ts beside it and a command file. */
import { isJobName, JANITOR_WORKFLOW } from '../../../model/names';
import type { Job } from './job';
import { exportJob } from './export';
import { ingestJob } from './ingest';
import { loadJob } from './load';
import { restoreJob } from './restore';
import { transferJob } from './transfer';
import { JOB_WORDS, type JobWord } from './words';

const JOBS = {
  export: exportJob,
  ingest: ingestJob,
  load: loadJob,
  restore: restoreJob,
} as const satisfies Record<JobWord, Job>;

export const jobOf = (word: JobWord): Job => JOBS[word];

/** The job of a workflow type. Undefined for workflows that are no job of ours. */
export const jobOfWorkflow = (type: string): Job | undefined =>
  isJobName(type) ? [...JOB_WORDS.map(jobOf), transferJob].find(({ workflow }) => workflow === type) : undefined;

/** For people: the word of the command line, or the type itself where it has none. */
export const wordOfWorkflow = (type: string): string =>
  type === JANITOR_WORKFLOW ? 'janitor' : (jobOfWorkflow(type)?.word ?? type);
