/** From the options of `longhaul runs` to a list filter of Temporal. Calls nothing. */
import { LonghaulError } from '../../../model/errors';
import { SEARCH_ATTRIBUTES, WORKFLOWS } from '../../../model/names';
import type { Stage } from '../../../model/run';
import type { RunStatusWord } from './words';

export interface RunsFilter {
  /** Workflow types; all jobs where empty. */
  readonly jobs: readonly string[];
  readonly project?: string | undefined;
  readonly statuses: readonly RunStatusWord[];
  readonly stages: readonly Stage[];
  /** Started at this time or after it. */
  readonly since?: Date | undefined;
  /** Started before this time. */
  readonly until?: Date | undefined;
  /** Runs in which records have failed, whatever became of the run. */
  readonly withFailedRecords: boolean;
  /** Any further condition, in Temporal's own words. */
  readonly where?: string | undefined;
}

/** Names of the visibility store (docs.temporal.io/list-filter, ExecutionStatus). */
const STATUS_NAMES: Readonly<Record<RunStatusWord, string>> = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
  'timed-out': 'TimedOut',
};

/** A value in quotes. Temporal's filters know no escape that all of its stores read alike, so what would need one is refused. */
const quoted = (option: string, value: string): string => {
  if (/["'`\\]|\p{Cc}/u.test(value))
    throw new LonghaulError(
      'InvalidInput',
      `${option}: quotes, backslashes and control characters cannot be looked for.`,
    );
  return `"${value}"`;
};

const anyOf = (name: string, values: readonly string[]): string =>
  values.length === 1 ? `${name} = "${values[0] ?? ''}"` : `${name} IN (${values.map((one) => `"${one}"`).join(', ')})`;

/** Throws InvalidInput for a project that cannot be quoted. */
export const runsQuery = (filter: RunsFilter): string => {
  const { jobs, project, statuses, stages, since, until, withFailedRecords, where } = filter;
  return [
    anyOf('WorkflowType', jobs.length === 0 ? Object.values(WORKFLOWS) : jobs),
    // A run that went on in another execution is listed once: as that one.
    ...(statuses.length === 0
      ? [`ExecutionStatus != "ContinuedAsNew"`]
      : [
          anyOf(
            'ExecutionStatus',
            statuses.map((status) => STATUS_NAMES[status]),
          ),
        ]),
    ...(project === undefined ? [] : [`${SEARCH_ATTRIBUTES.project} = ${quoted('--project', project)}`]),
    ...(stages.length === 0 ? [] : [anyOf(SEARCH_ATTRIBUTES.stage, stages)]),
    ...(since === undefined ? [] : [`StartTime >= "${since.toISOString()}"`]),
    ...(until === undefined ? [] : [`StartTime < "${until.toISOString()}"`]),
    ...(withFailedRecords ? [`${SEARCH_ATTRIBUTES.failed} > 0`] : []),
    ...(where === undefined ? [] : [`(${where})`]),
  ].join(' AND ');
};

/** `24h`, `7d` before `now`, a day, or an instant; all in UTC. Throws InvalidInput, which names the option. */
export const parseInstant = (option: string, text: string, now: Date = new Date()): Date => {
  const [, digits, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const UNIT_MS: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8 };
  if (digits !== undefined && unit !== undefined) {
    const at = new Date(now.getTime() - Number(digits) * (UNIT_MS[unit] ?? 0));
    if (at.getTime() > 0) return at;
  } else if (/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z)?$/.test(text)) {
    const at = new Date(text);
    if (!Number.isNaN(at.getTime()) && at.toISOString().startsWith(text.slice(0, 10))) return at;
  }
  const example = 'such as 24h, 7d, 2026-01-31 or 2026-01-31T06:00Z';
  throw new LonghaulError('InvalidInput', `${option}: expected a time ${example}, got "${text.slice(0, 40)}".`);
};
