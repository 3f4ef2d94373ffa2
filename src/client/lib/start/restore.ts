/** The body of `longhaul restore`. */
import type { RestoreInput } from '../../../model/restore-run';
import { restoreJob } from '../job/restore';
import type { Output } from '../print/output';
import { runJob, type StartOptions } from '../follow/run-job';

export interface RestoreOptions extends StartOptions {
  readonly include?: readonly string[];
}

/** One id and several are two fields, so that the usual input stays as short as it is. */
export const inputOf = (ids: readonly string[], { include, runId }: RestoreOptions): RestoreInput => {
  const [first = ''] = ids;
  return {
    ...(ids.length === 1 ? { raw_file_id: first } : { raw_file_ids: ids }),
    ...(include === undefined ? {} : { include }),
    ...(runId === undefined ? {} : { runId }),
  };
};

/** Throws what keeps the run from starting, or the run's own failure. */
export const runRestore = (output: Output, ids: readonly string[], options: RestoreOptions): Promise<void> =>
  runJob(output, restoreJob, inputOf(ids, options), options);
