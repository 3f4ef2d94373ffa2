/** The end of a run, in a few lines. Pure. */
import type { ExportResult } from '../../model/export-run';
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
