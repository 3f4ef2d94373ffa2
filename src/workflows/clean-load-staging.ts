/** `cleanLoadStaging`: removes what loads that were terminated have left in the staging bucket; `longhaul load --clean-staging`. */
import type { CleanedStaging } from '../activities/load-types';
import type { LoadInput } from '../model/load-run';
import { api } from './lib/activity-options';
import { failure } from './lib/failures';

/** Which data set's configuration to use, and whose bucket to clean. */
export type CleanStagingInput = Pick<LoadInput, 'data_set' | 'env' | 's3_bucket'>;

export async function cleanLoadStaging(input?: CleanStagingInput): Promise<CleanedStaging> {
  if (typeof input?.data_set !== 'string') throw failure('InvalidInput', 'Input field "data_set" is missing');
  const { data_set: project, ...rest } = input;
  const cleaning = api('control', 'Remove staging folders of loads that have ended', {});
  return cleaning.cleanStaging({ ref: { job: 'loadToPostgres', project }, input: rest });
}
