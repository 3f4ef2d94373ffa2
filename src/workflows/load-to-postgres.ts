/**
 * `loadToPostgres`: files under an S3 path become rows of a table, all of them or none. Each file is staged as CSV and copied
 * into a table of the run; when all are in, one transaction makes these rows the table's.
 */
import { normalizeLoadInput } from '../model/load-input';
import type { LoadInput, LoadResult } from '../model/load-run';
import { failure } from './lib/failures';
import { LoadJob, type LoadContinuation } from './lib/job/load';
import { runRecords } from './lib/run/record-run';

export async function loadToPostgres(input?: LoadInput, continued?: LoadContinuation): Promise<LoadResult> {
  const checked = normalizeLoadInput(input);
  if ('problem' in checked) throw failure('InvalidInput', checked.problem);
  return runRecords(checked.input, new LoadJob(checked.input), continued);
}
