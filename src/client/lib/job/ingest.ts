/** `ingestUrls` for the CLI. */
import { loadIngestConfig } from '../../../config/ingest';
import type { IngestConfig } from '../../../config/ingest-types';
import { LonghaulError } from '../../../model/errors';
import { normalizeIngestInput } from '../../../model/ingest-input';
import { type IngestFileResult, type IngestInput, ingestOverrides, type IngestResult } from '../../../model/ingest-run';
import { WORKFLOWS } from '../../../model/names';
import { readBucketReport } from './bucket-report';
import { formatBytes, formatCount, formatDuration, formatRate, plural } from '../print/format';
import type { Job } from './job';

/** More would push what matters off the screen; the report has them all. */
const MAX_FILES_SHOWN = 50;
const MAX_NAMES_SHOWN = 10;

const check = (input: unknown): IngestInput => {
  const checked = normalizeIngestInput(input);
  if ('problem' in checked) throw new LonghaulError('InvalidInput', `${checked.problem}.`);
  return checked.input;
};

const fileLine = ({ status, bytes, s3_key: key, url, error }: IngestFileResult): string =>
  status === 'failed' || error !== undefined
    ? `  ${(status === 'failed' ? status : 'given up').padEnd(8)} ${url}: ${error ?? 'unknown error'}`
    : `  ${status.padEnd(8)} ${(status === 'skipped' ? 'unchanged' : formatBytes(bytes)).padStart(9)}  ${key}`;

/** Failed files first: they are what somebody has to look at. */
const fileLines = ({ results, results_in: elsewhere }: IngestResult): string[] => {
  const ordered = [...results].sort((a, b) => Number(b.status === 'failed') - Number(a.status === 'failed'));
  const more = ordered.length - MAX_FILES_SHOWN;
  return [
    ...ordered.slice(0, MAX_FILES_SHOWN).map(fileLine),
    ...(more > 0 ? [`  and ${formatCount(more)} more: see the report`] : []),
    ...(elsewhere === undefined ? [] : [`results    ${elsewhere}`]),
  ];
};

const resultText = (workflowId: string, result: IngestResult): string => {
  const { summary, elapsed_seconds: seconds } = result;
  const outcomes = (['successful', 'skipped', 'failed'] as const)
    .filter((outcome) => (summary[outcome] ?? 0) > 0)
    .map((outcome) => `${formatCount(summary[outcome] ?? 0)} ${outcome}`);
  return [
    `run        ${workflowId} (completed)`,
    `files      ${formatCount(summary.total_files)}${outcomes.length === 0 ? '' : ` (${outcomes.join(', ')})`}`,
    ...fileLines(result),
    `bytes      ${formatBytes(summary.total_bytes)} in ${formatDuration(seconds * 1000)}` +
      (seconds > 0 ? `, ${formatRate(summary.total_bytes / seconds)}` : ''),
    `requests   ${formatCount(result.s3_request_counts.total)} to S3`,
    ...(result.report === null ? [] : [`report     ${result.report}`]),
  ].join('\n');
};

const baseName = (key: string): string => key.slice(key.lastIndexOf('/') + 1);
const forShell = (name: string): string => (/^[\w.,@%+=:-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`);

/** Failed files are in the result of a run that has succeeded: who looks at the exit code alone must be told. */
const shortfall = ({ summary, results }: IngestResult): string | undefined => {
  if (summary.failed === 0) return undefined;
  const names = results.filter(({ status }) => status === 'failed').map(({ s3_key: key }) => forShell(baseName(key)));
  const again =
    names.length === 0 || names.length > MAX_NAMES_SHOWN
      ? ''
      : ` Retry what failed alone, with the same options and: --file ${names.join(' ')}`;
  return `${formatCount(summary.failed)} of ${plural(summary.total_files, 'file')} failed.${again}`;
};

const storeOf = (input: IngestInput, bucket: string | undefined): IngestConfig =>
  loadIngestConfig({ bucket: bucket ?? input.bucket, set: ingestOverrides(input) });

export const ingestJob: Job<IngestInput, IngestResult> = {
  word: 'ingest',
  workflow: WORKFLOWS.ingestUrls,
  subject: { field: 'bucket', option: 'bucket', flag: '--bucket' },
  check,
  subjectOf: ({ bucket }) => bucket,
  projectOf: ({ bucket }) => bucket,
  summary: ({ bucket, files }) =>
    `${files === undefined ? 'URLs' : plural(files.length, 'file')} of parameters.json` +
    ` into ${bucket ?? 'the worker’s bucket'}`,
  resultText,
  shortfall,
  storeOf,
  readReport: (run, json) => readBucketReport(run, json, (bucket) => storeOf(run.input, bucket)),
};
