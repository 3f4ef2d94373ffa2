/** The body of `longhaul export`. */
import { loadProject } from '../../../config/project';
import { LonghaulError } from '../../../model/errors';
import type { ExportInput, ExportType } from '../../../model/export-run';
import type { GivenRecord } from '../../../model/records';
import type { SettingValue } from '../command/arguments';
import { exportJob } from '../job/export';
import type { Output } from '../print/output';
import { withStore } from '../job/project-store';
import { isTooLongForInput, readRecords, toNdjson } from './records-file';
import { runJob, type StartOptions } from '../follow/run-job';

export interface ExportOptions extends StartOptions {
  readonly type?: ExportType;
  readonly startDate?: string;
  readonly endDate?: string;
  readonly records?: string;
  readonly set?: Record<string, SettingValue>;
}

type InputOptions = Omit<ExportOptions, 'records'>;
type GivenOptions = Pick<ExportOptions, 'records' | 'type' | 'startDate' | 'endDate'>;

/** The workflow's input without the records. */
export const inputOf = (project: string, options: InputOptions): ExportInput => ({
  project,
  ...(options.type === undefined ? {} : { export: options.type }),
  ...(options.startDate === undefined ? {} : { startDate: options.startDate }),
  ...(options.endDate === undefined ? {} : { endDate: options.endDate }),
  ...(options.set === undefined ? {} : { set: options.set }),
  ...(options.runId === undefined ? {} : { runId: options.runId }),
});

/** Puts a list that is too long for a payload where the worker reads it, and answers its s3:// address. */
const uploadRecords = async (input: ExportInput, folder: string, records: readonly GivenRecord[]): Promise<string> => {
  const config = loadProject(input.project, { set: input.set });
  const { targetBucket, controlPrefix } = config.aws;
  const key = [controlPrefix, folder, 'input', 'records.ndjson'].filter((part) => part !== '').join('/');
  await withStore(config, (store) => store.writeText(key, toNdjson(records), 'application/x-ndjson'));
  return `s3://${targetBucket}/${key}`;
};

/** What `--records` lists; undefined without it. Throws InvalidInput. */
export const givenRecords = async (options: GivenOptions, output: Output): Promise<GivenRecord[] | undefined> => {
  if (options.records === undefined) return undefined;
  if (options.type !== undefined || options.startDate !== undefined || options.endDate !== undefined) {
    throw new LonghaulError(
      'InvalidInput',
      '--records moves what it lists and asks no API: --type and dates do not go with it.',
    );
  }
  return readRecords(options.records, output.io);
};

const withRecords = async (
  input: ExportInput,
  records: readonly GivenRecord[] | undefined,
  workflowId: string,
): Promise<ExportInput> => {
  if (records === undefined) return input;
  if (!isTooLongForInput(records)) return { ...input, records: [...records] };
  return { ...input, recordsUri: await uploadRecords(input, input.runId ?? workflowId, records) };
};

/** Throws what keeps the run from starting, or the run's own failure. */
export const runExport = async (output: Output, project: string, options: ExportOptions): Promise<void> => {
  const input = inputOf(project, options);
  // Before the list is read: what is wrong with the command line is said first, and nothing is contacted yet.
  exportJob.check(input);
  const records = await givenRecords(options, output);
  // A long list is uploaded under the id, so the id has to be unlike that of any other run.
  await runJob(output, exportJob, input, options, (checked, workflowId) => withRecords(checked, records, workflowId));
};
