/** Faults of the staging bucket, under the name that says whose bucket it is. */
import { LonghaulError } from '../../model/errors';

/** AccessDenied and SourceForbidden become StagingDenied; everything else stays what it is. */
export function stagingFault(error: unknown): unknown {
  if (!(error instanceof LonghaulError)) return error;
  if (error.code !== 'AccessDenied' && error.code !== 'SourceForbidden') return error;
  return new LonghaulError('StagingDenied', `The staging bucket: ${error.message}`, error.context, { cause: error });
}
