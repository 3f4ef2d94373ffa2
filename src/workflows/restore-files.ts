/**
 * `restoreFiles`: a backed-up raw file comes back from S3 to the disk of one host: what is right is skipped, what is wrong
 * healed, what is missing fetched. Best effort: one file that fails keeps no other. Several raw files are a run each.
 */
import { ChildWorkflowCancellationType, executeChild, ParentClosePolicy, workflowInfo } from '@temporalio/workflow';
import { ApplicationFailure } from '@temporalio/common';
import { rawFileIds, validateRestoreInput, type RestoreInput, type RestoreResult } from '../model/restore-run';
import { summaryText } from '../model/summary';
import { failed, failure, firstCause } from './lib/failures';
import { runRecords } from './lib/run/record-run';
import { restoreMany, type RestoreChild } from './lib/job/restore-batch';
import { RestoreJob, type RestoreContinuation } from './lib/job/restore';

/** @param host for one of several raw files: the run that started it has chosen the host for all of them. */
export async function restoreFiles(
  input: RestoreInput,
  continued?: RestoreContinuation | null,
  host?: string,
): Promise<RestoreResult> {
  const fault = validateRestoreInput(input);
  if (fault !== null) throw failure('InvalidInput', fault);
  const ids = rawFileIds(input);
  const [rawFileId] = ids;
  if (rawFileId === undefined || isList(input)) return restoreMany(input, ids, restoreChild);
  const { include = null, set = null } = input;
  const going = continued ?? undefined;
  const job = new RestoreJob({ rawFileId, include, set, host: host ?? null }, going);
  try {
    return await job.within(() => runRecords(input, job, going));
  } catch (error) {
    if (job.filed === undefined || !(error instanceof ApplicationFailure)) throw error;
    // For a run of several, and for scripts: what became of the files, beside where the report is.
    const { workflowId } = workflowInfo();
    throw failed(firstCause(error), { workflowId, report: job.filed.report, restored: job.filed.restored });
  }
}

/** For one of several raw files: this workflow once more. */
const restoreChild: RestoreChild = ({ include, set }, { rawFileId, workflowId, host }) => {
  const one: RestoreInput = {
    raw_file_id: rawFileId,
    ...(include === undefined ? {} : { include }),
    ...(set === undefined ? {} : { set }),
  };
  return executeChild<typeof restoreFiles>('restoreFiles', {
    workflowId,
    args: [one, null, host],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: summaryText(`Restores ${rawFileId}`),
  });
};

const isList = (input: RestoreInput): boolean =>
  'raw_file_ids' in input && (input.raw_file_ids as readonly string[] | null) !== null;
