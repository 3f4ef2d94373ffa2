/** Which metrics an expression names, and which there are. */
import { processMetrics } from '../../../src/ops/process-metrics';

/** Of the Temporal SDK, as a worker serves them at LONGHAUL_METRICS_ADDRESS; image.test.ts compares with a real one. */
export const TEMPORAL_METRICS = [
  'temporal_activity_schedule_to_start_latency_seconds',
  'temporal_num_pollers',
  'temporal_worker_task_slots_available',
  'temporal_worker_task_slots_used',
  'temporal_workflow_task_schedule_to_start_latency_seconds',
];

const WORDS = new Set(['and', 'or', 'unless', 'offset', 'bool']);

/** Names of metrics in PromQL: what is left of it without texts, selectors, windows, groupings, functions and numbers. */
export const metricsIn = (expression: string): string[] => {
  const bare = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replace(/\boffset\s+\w+/g, ' ');
  const names = bare.match(/(?<![\w.])[a-zA-Z_:][\w:]*(?!\w*\s*\()/g) ?? [];
  return [...new Set(names)].filter((name) => !WORDS.has(name));
};

/** Series by the metrics in a text of exposition format: a histogram has three. */
export const seriesIn = (exposition: string): string[] =>
  exposition
    .split('\n')
    .flatMap((line) => /^# TYPE (\S+) (\S+)$/.exec(line)?.slice(1, 3).join(' ') ?? [])
    .flatMap((entry) => {
      const [name = '', kind] = entry.split(' ');
      return kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name];
    });

/** Every series that a rule or a dashboard may name: those of our code, of the SDK, of Prometheus. */
export const knownSeries = async (): Promise<Set<string>> =>
  new Set([
    ...seriesIn(await processMetrics(true)),
    ...TEMPORAL_METRICS.flatMap((name) => (name.includes('latency') ? `${name}_bucket` : name)),
    'up',
  ]);
