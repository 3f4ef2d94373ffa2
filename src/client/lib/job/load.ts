/** `loadToPostgres` for the CLI. */
import { loadLoadConfig } from '../../../config/load';
import type { JobConfig } from '../../../config/types';
import { loadStore } from '../../../config/load-store';
import { LonghaulError } from '../../../model/errors';
import { normalizeLoadInput } from '../../../model/load-input';
import type { LoadInput, LoadResult } from '../../../model/load-run';
import { WORKFLOWS } from '../../../model/names';
import { readBucketReport } from './bucket-report';
import { formatBytes, formatCount, formatDuration, plural } from '../print/format';
import type { EndedRun, Job } from './job';

const check = (input: unknown): LoadInput => {
  const checked = normalizeLoadInput(input);
  if ('problem' in checked) throw new LonghaulError('InvalidInput', `${checked.problem}.`);
  return checked.input;
};

const resultText = (workflowId: string, result: LoadResult): string =>
  [
    `run        ${workflowId} (completed)`,
    `table      ${result.table} (${result.load_type} load of ${result.data_set}, ${result.env})`,
    `rows       ${formatCount(result.rows)} in ${formatDuration(result.seconds * 1000)}, ` +
      `${formatCount(result.rows_per_sec)} rows/s`,
    ...(result.rejected === 0 ? [] : [`rejected   ${formatCount(result.rejected)}: ${result.rejects ?? ''}`]),
    `staged     ${plural(result.files, 'file')} as ${plural(result.chunks, 'chunk')}, ${formatBytes(result.bytes)}`,
    `bucket     ${result.bucket} (${result.bucket_source})`,
    `report     ${result.report}`,
  ].join('\n');

const shortfall = ({ rejected, rejects }: LoadResult): string | undefined =>
  rejected === 0 ? undefined : `${plural(rejected, 'row')} could not be loaded: ${rejects ?? ''}.`;

/** The report lies in the staging bucket; its store and credentials are those of the environment here. */
const storeOf = ({ env = 'development' }: LoadInput, bucket: string | undefined): Pick<JobConfig, 'aws'> => {
  const config = loadLoadConfig();
  return { aws: loadStore(config, config.environments[env], bucket ?? '') };
};

const readReport = (run: EndedRun<LoadInput, LoadResult>, json: boolean): Promise<string> =>
  readBucketReport(run, json, (bucket) => storeOf(run.input, bucket));

export const loadJob: Job<LoadInput, LoadResult> = {
  word: 'load',
  workflow: WORKFLOWS.loadToPostgres,
  subject: { field: 'data_set', option: 'dataSet', flag: '--data-set' },
  check,
  subjectOf: ({ data_set: dataSet }) => dataSet,
  projectOf: ({ data_set: dataSet }) => dataSet,
  summary: ({ load_type: type, data_set: dataSet, path, env = 'development' }) =>
    `${type} load of ${dataSet} from ${path} (${env})`,
  resultText,
  shortfall,
  storeOf,
  readReport,
};
