/** The body of `longhaul load --clean-staging`: a short run on a worker, which has the bucket's credentials. */
import type { CleanedStaging } from '../../../activities/load-types';
import { LonghaulError } from '../../../model/errors';
import type { LoadInput } from '../../../model/load-run';
import { CLEAN_STAGING_WORKFLOW, TASK_QUEUES } from '../../../model/names';
import { summaryText } from '../../../model/summary';
import { withTemporal } from '../connection';
import { compactTime, formatBytes, plural } from '../print/format';
import type { Output } from '../print/output';

type CleanWorkflow = (input: Pick<LoadInput, 'data_set' | 'env' | 's3_bucket'>) => Promise<CleanedStaging>;

const textOf = ({ bucket, removed, objects, bytes, kept }: CleanedStaging): string =>
  [
    `bucket     ${bucket}`,
    `removed    ${plural(removed.length, 'staging folder')}, ${plural(objects, 'object')}, ${formatBytes(bytes)}`,
    ...removed.map((name) => `  ${name}`),
    `kept       ${plural(kept, 'staging folder')} of loads that still run, or are too young`,
  ].join('\n');

/** Throws InvalidInput without a data set, or what keeps the worker from cleaning. */
export const cleanStaging = async (output: Output, input: Partial<LoadInput>): Promise<void> => {
  const { data_set: dataSet, env, s3_bucket: bucket } = input;
  if (dataSet === undefined) throw new LonghaulError('InvalidInput', '--clean-staging needs --data-set.');
  const cleaned = await withTemporal(({ client }) =>
    client.workflow.execute<CleanWorkflow>(CLEAN_STAGING_WORKFLOW, {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: `clean-staging-${dataSet}-${compactTime(new Date())}`,
      args: [
        {
          data_set: dataSet,
          ...(env === undefined ? {} : { env }),
          ...(bucket === undefined ? {} : { s3_bucket: bucket }),
        },
      ],
      staticSummary: summaryText(`Remove what terminated loads of ${dataSet} have left`),
    }),
  );
  output.data(cleaned, textOf);
};
