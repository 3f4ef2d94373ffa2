/** The body of `longhaul export`. */
import { loadProject } from '../../config/project';
import { LonghaulError } from '../../model/errors';
import type { ExportInput, ExportType } from '../../model/export-run';
import type { GivenRecord } from '../../model/records';
import { validateExportInput } from '../../workflows/lib/validate-input';
import type { SettingValue } from './arguments';
import { withTemporal } from './connection';
import type { Output } from './output';
import { viewFor } from './progress-view';
import { withStore } from './project-store';
import { isTooLongForInput, readRecords, toNdjson } from './records-file';
import { resultText } from './result-text';
import { defaultWorkflowId, startExport } from './start-export';
import { waitForRun } from './wait';

export interface ExportOptions {
  readonly wait?: boolean;
  readonly detach?: boolean;
  readonly type?: ExportType;
  readonly startDate?: string;
  readonly endDate?: string;
  readonly records?: string;
  readonly set?: Record<string, SettingValue>;
  readonly runId?: string;
  readonly workflowId?: string;
}

/** The workflow's input without the records. */
export const inputOf = (project: string, options: ExportOptions): ExportInput => ({
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

const givenRecords = async (options: ExportOptions, output: Output): Promise<GivenRecord[] | undefined> => {
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

/** Starts a run and waits for it unless told otherwise. Throws what keeps it from starting, or the run's own failure. */
export const runExport = async (output: Output, project: string, options: ExportOptions): Promise<void> => {
  const bare = inputOf(project, options);
  // The workflow checks its input too; here it costs nothing and leaves no failed run behind.
  validateExportInput(bare);
  const records = await givenRecords(options, output);
  await withTemporal(async ({ client, namespace }) => {
    // A long list is uploaded under the id, so the id has to be unlike that of any other run.
    const workflowId = options.workflowId ?? defaultWorkflowId(bare, new Date());
    const input = await withRecords(bare, records, workflowId);
    const handle = await startExport(client, input, workflowId);
    const started = { workflowId, temporalRunId: handle.firstExecutionRunId, namespace };
    if (options.detach === true) {
      output.data(started, () => workflowId);
      output.note(`Started. Watch it with: longhaul watch ${workflowId}`);
      return;
    }
    output.note(`Started ${workflowId} (Temporal namespace ${namespace}, run ${started.temporalRunId}).`);
    const view = viewFor(output.io.stderr, output.json, 'aside');
    const result = await waitForRun(client, workflowId, view, output);
    output.data({ workflowId, ...result }, () => resultText(workflowId, result));
  });
};
