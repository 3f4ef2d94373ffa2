/** `restoreFiles` for the CLI. */
import { readFile } from 'node:fs/promises';
import { LonghaulError } from '../../../model/errors';
import { WORKFLOWS } from '../../../model/names';
import {
  rawFileIds,
  type RestoredRecord,
  type RestoreInput,
  type RestoreResult,
  validateRestoreInput,
} from '../../../model/restore-run';
import { MESSAGES } from '../../../model/run';
import { noReport } from './bucket-report';
import { formatBytes, formatCount, formatDuration, formatRate } from '../print/format';
import type { EndedRun, Job } from './job';

const isRestoreInput = (input: unknown): input is RestoreInput => validateRestoreInput(input) === null;

/** Null means: not given, as schedules and shells write it. */
const withoutNulls = (input: unknown): unknown =>
  typeof input === 'object' && input !== null && !Array.isArray(input)
    ? Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null))
    : input;

const check = (typed: unknown): RestoreInput => {
  const input = withoutNulls(typed);
  if (isRestoreInput(input)) return input;
  throw new LonghaulError('InvalidInput', `${validateRestoreInput(input) ?? ''}.`);
};

/** `20250115_sample`, or of several `20250115_sample-and-2-more`. */
const subjectOf = (input: RestoreInput): string => {
  const [first = '', ...others] = rawFileIds(input);
  return others.length === 0 ? first : `${first}-and-${others.length}-more`;
};

const COUNTS = ['downloaded', 'healed', 'skipped', 'failed'] as const;

const recordText = (record: RestoredRecord): string[] => {
  const counts = COUNTS.filter((name) => record[name] > 0).map((name) => `${formatCount(record[name])} ${name}`);
  return [
    `raw file   ${record.raw_file_id}: ${record.status}`,
    `  files    ${formatCount(record.total_files)}${counts.length === 0 ? '' : ` (${counts.join(', ')})`}`,
    ...(record.destination === null ? [] : [`  to       ${record.destination}`]),
    ...(record.error === undefined ? [] : [`  error    ${record.error.message} [${record.error.code}]`]),
    ...(record.report === null ? [] : [`  report   ${record.report}`]),
  ];
};

/** What is known of the end of a run: of one that failed only its records may be. */
type Known = Pick<RestoreResult, 'restores'> & Partial<RestoreResult>;

const knownText = ({ host, seconds = 0, restores }: Known): string[] => {
  const bytes = restores.reduce((sum, record) => sum + record.bytes, 0);
  const time = seconds > 0 ? ` in ${formatDuration(seconds * 1000)}, ${formatRate(bytes / seconds)}` : '';
  return [
    ...(host === undefined ? [] : [`host       ${host}`]),
    ...restores.flatMap(recordText),
    `fetched    ${formatBytes(bytes)}${time}`,
  ];
};

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
const isResult = (value: unknown): value is RestoreResult => Array.isArray(field(value, 'restores'));
const isRecord = (value: unknown): value is RestoredRecord => typeof field(value, 'raw_file_id') === 'string';

/** A run with failed files fails: of several raw files its details hold the result, of one what became of it. */
const knownIn = (details: readonly unknown[]): Known | undefined => {
  const record = details.map((detail) => field(detail, 'restored')).find(isRecord);
  return details.find(isResult) ?? (record === undefined ? undefined : { restores: [record] });
};

/** What is known of how a run ended; undefined where Temporal keeps nothing of it. */
export const knownRestore = (run: EndedRun<RestoreInput, RestoreResult>): Known | undefined =>
  run.result ?? knownIn(run.details);

/** The status report, where this machine has the disk that it is on. */
const reportOnDisk = async ({ report }: RestoredRecord): Promise<string | null> =>
  report === null ? null : readFile(report, 'utf8').catch(() => null);

/** A restore keeps its report beside the files, on the disk of the host that restored. */
const readReport = async (run: EndedRun<RestoreInput, RestoreResult>, json: boolean): Promise<string> => {
  const known = knownRestore(run);
  if (known === undefined) {
    const id = rawFileIds(run.input)[0] ?? '';
    const where = `look for _download_status_${id}_*.txt on the disk of the host`;
    throw noReport(run.workflowId, `Temporal keeps no details of how it ended; if files were looked at, ${where}`);
  }
  const read = known.restores.map(async (record) => ({ record, text: await reportOnDisk(record) }));
  const found = await Promise.all(read);
  if (json) return JSON.stringify({ ...known, restores: found.map(({ record, text }) => ({ ...record, text })) });
  if (found.every(({ text }) => text !== null)) return found.map(({ text }) => text).join('\n');
  const elsewhere = found.some(({ record, text }) => record.report !== null && text === null);
  const why = `Not on this machine${known.host === undefined ? '' : ` but on ${known.host}`}: the report. In short:`;
  return [...(elsewhere ? [why, ''] : []), ...knownText(known)].join('\n');
};

/** Several raw files are a run each: those are what takes orders, but for `abort`, which ends them all. */
const refusal = (workflowId: string, input: RestoreInput, order: string): string | undefined => {
  if (!('raw_file_ids' in input) || order === MESSAGES.abort) return undefined;
  const first = `${input.runId ?? workflowId}/${input.raw_file_ids[0] ?? ''}`;
  return (
    `The run "${workflowId}" restores several raw files, each in a run of its own, such as "${first}": give that one. ` +
    `Stop all of them with: longhaul abort ${workflowId}`
  );
};

export const restoreJob: Job<RestoreInput, RestoreResult> = {
  word: 'restore',
  workflow: WORKFLOWS.restoreFiles,
  subject: { field: 'raw_file_id', option: 'rawFile', flag: '--raw-file' },
  check,
  subjectOf,
  projectOf: (input) => (rawFileIds(input).length === 1 ? rawFileIds(input)[0] : undefined),
  summary: (input) => `Restore of ${subjectOf(input)} to disk`,
  resultText: (workflowId, result) => [`run        ${workflowId} (completed)`, ...knownText(result)].join('\n'),
  // With one file that failed the run fails.
  shortfall: () => undefined,
  refusal,
  readReport,
};
