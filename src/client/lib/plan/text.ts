/** A plan for people. */
import { PRICES_AS_OF, type PlannedLimit, type RunPlan } from '../../../model/cost';
import { formatBytes, formatCount, formatDuration, plural } from '../print/format';
import type { PlanMessage } from './message';

const BOTTLENECKS = {
  temporal: 'what the Temporal server manages',
  workers: 'max_workers and latency',
  bytes: 'bytes per second',
} as const;

const seconds = (value: number): string => formatDuration(value * 1000);
const amount = (value: number): string => (value >= 100 ? formatCount(Math.round(value)) : value.toFixed(2));

const sizeLine = ({ sizes }: PlanMessage): string => {
  if (sizes.of === 0) return '';
  const { asked, of, unknown } = sizes;
  if (asked === 0) return ' (no URL was asked for its size: --sample)';
  const rest = asked === of ? '' : '; the others count like them';
  return ` (sizes of ${formatCount(asked)} of ${plural(of, 'URL')} asked for${rest}${unknown > 0 ? `; ${unknown} unknown` : ''})`;
};

const kinds = (counts: object): string =>
  Object.entries(counts as Record<string, number>)
    .filter(([, count]) => count > 0)
    .map(
      ([name, count]) =>
        `${formatCount(count)} ${name
          .replace(/([A-Z])/g, ' $1')
          .replaceAll('_', ' ')
          .toLowerCase()}`,
    )
    .join(', ');

const costLines = ({ cost }: RunPlan): string[] => [
  `cost        ${amount(cost.total)}: S3 requests ${amount(cost.s3Requests)}, Temporal Actions ${amount(cost.temporalActions)}, ` +
    `histories ${amount(cost.temporalStorage)}, worker CPU ${amount(cost.workerCpu)}, source ${amount(cost.sourceBytes)}`,
  `            keeping the objects for a month: ${amount(cost.storageMonth)}. Prices in USD of ${PRICES_AS_OF} unless set (--assume)`,
];

const limitLines = (limits: readonly PlannedLimit[]): string[] => {
  const bound = limits.filter(({ state }) => state !== 'within');
  if (bound.length === 0) return ['limits      all within'];
  return bound.flatMap(({ name, value, limit, unit, state, what }) => [
    `limits      ${state} ${name}: ${formatCount(Math.round(value))} of ${formatCount(limit)} ${unit}`,
    `            ${what}`,
  ]);
};

export const planText = (message: PlanMessage): string => {
  const { project, target, publish, maxWorkers, exportId, keys, plan } = message;
  const { s3, actions, histories, time } = plan;
  return [
    `plan        ${project} to ${target} (${publish}, ${maxWorkers} at once)${exportId === null ? '' : `, export ${exportId}`}`,
    `records     ${formatCount(plan.records)} in ${plural(plan.pages, 'page')}`,
    `objects     ${formatCount(plan.objects)}, ${formatBytes(plan.bytes)}${sizeLine(message)}`,
    `keys        ${plural(keys.folders, 'folder')}; the largest takes ${Math.round(keys.largestShare * 100)} % of the records: ${keys.largest}`,
    `time        ${seconds(time.totalSec)}, by ${BOTTLENECKS[time.bottleneck]} (Temporal ${seconds(time.temporalSec)}, ` +
      `workers ${seconds(time.workersSec)}, bytes ${seconds(time.bytesSec)})${exportId === null ? '' : '; the export at the vendor comes on top'}`,
    `S3          ${plural(s3.total, 'request')}: ${kinds(s3.byOperation)}; ${formatCount(plan.sourceRequests)} to sources`,
    `Temporal    ${plural(actions.total, 'Action')}: ${kinds(actions.byKind)}`,
    `histories   ${formatBytes(histories.bytes)}; events at most: record ${formatCount(histories.recordEvents)}, ` +
      `batch ${formatCount(histories.batchEvents)}, run ${formatCount(histories.runEvents)}; continues as new ${histories.continuedAsNew} times`,
    `CPU         workers ${seconds(time.workerCpuSec)}, Temporal server ${seconds(time.temporalCpuSec)}`,
    ...costLines(plan),
    ...limitLines(plan.limits),
  ].join('\n');
};
