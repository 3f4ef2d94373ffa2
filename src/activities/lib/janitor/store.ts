/** The bucket that a job keeps its files in, whichever of the jobs with a bucket it is. */
import type { JobRef } from '../../../model/run';
import type { S3Destination } from '../../../transfer';
import type { Dependencies } from '../../dependencies';

/** Throws what keeps the configuration from being read. */
export const storeOf = ({ bucket, load }: Dependencies, ref: JobRef): S3Destination =>
  (ref.job === 'loadToPostgres' ? load(ref) : bucket(ref)).destination;
