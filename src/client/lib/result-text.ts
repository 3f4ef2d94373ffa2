/** The end of a run, in a few lines. Pure. */
import type { ExportResult } from '../../model/export-run';
import type { IngestResult } from '../../model/ingest-run';
import { formatBytes, formatCount, formatDuration, formatRate, plural } from './format';

export const resultText = (workflowId: string, result: ExportResult): string => {
  const rate = result.seconds > 0 ? `, ${formatRate(result.bytes / result.seconds)}` : '';
  const outcomes = (['transferred', 'copied', 'skipped', 'failed', 'aborted'] as const)
    .filter((outcome) => result[outcome] > 0)
    .map((outcome) => `${formatCount(result[outcome])} ${outcome}`);
  return [
    `run        ${workflowId} (completed)`,
    `records    ${formatCount(result.records)}${outcomes.length === 0 ? '' : ` (${outcomes.join(', ')})`}`,
    `objects    ${plural(result.objects, 'object')}`,
    `bytes      ${formatBytes(result.bytes)} in ${formatDuration(result.seconds * 1000)}${rate}`,
    ...(result.resentBytes > 0 ? [`sent again ${formatBytes(result.resentBytes)}`] : []),
    `report     ${result.report}`,
    `manifest   ${result.manifest}`,
  ].join('\n');
};

export const ingestResultText = (workflowId: string, result: IngestResult): string =>
  [
    `run        ${workflowId} (completed)`,
    `files      ${result.message}`,
    `bytes      ${formatBytes(result.summary.total_bytes)} in ${formatDuration(result.elapsed_seconds * 1000)}`,
    `requests   ${formatCount(result.s3_request_counts.total)} to S3`,
    ...result.results.flatMap(({ url, error }) => (error === undefined ? [] : [`failed     ${url}: ${error}`])),
    ...(result.report === null ? [] : [`report     ${result.report}`]),
  ].join('\n');

/** For a job whose result has no text of its own. */
export const plainResultText = (workflowId: string, result: unknown): string =>
  `run        ${workflowId} (completed)\n${JSON.stringify(result, null, 2)}`;
