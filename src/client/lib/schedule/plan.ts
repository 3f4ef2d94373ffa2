/** From options to what Temporal is asked for: spec, policies, action, backfilled days. Calls nothing. */
import type { ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { LonghaulError } from '../../../model/errors';
import { fairnessKeyOf } from '../../../model/fairness';
import { SEARCH_ATTRIBUTES, TASK_QUEUES } from '../../../model/names';
import { summaryText } from '../../../model/summary';
import type { Job } from '../job/job';
import { janitorJob } from '../janitor/job';
import type { Overlap, ScheduleWord } from '../job/words';
import { jobOf } from '../job/jobs';

/** The words of `--overlap`. */
export const OVERLAPS = {
  skip: 'SKIP',
  'buffer-one': 'BUFFER_ONE',
  'allow-all': 'ALLOW_ALL',
} as const satisfies Record<Overlap, ScheduleOverlapPolicy>;

export interface CreateOptions {
  readonly job: ScheduleWord;
  readonly input?: string;
  readonly project?: string;
  readonly bucket?: string;
  readonly dataSet?: string;
  readonly rawFile?: string;
  readonly cron?: string;
  /** Durations are milliseconds. */
  readonly every?: number;
  readonly offset?: number;
  readonly timezone?: string;
  readonly jitter?: number;
  readonly overlap: Overlap;
  readonly catchup: number;
  readonly pauseOnFailure: boolean;
  readonly note?: string;
  readonly paused?: boolean;
  readonly triggerNow?: boolean;
}

const wrong = (message: string): LonghaulError => new LonghaulError('InvalidInput', message);

const parseInput = (text: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('--input: not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong('--input: expected one JSON object, such as {"project":"project_01"}.');
  }
  return value as Record<string, unknown>;
};

const SUBJECTS = ['project', 'bucket', 'dataSet', 'rawFile'] as const satisfies readonly Job['subject']['option'][];

type Subject = (typeof SUBJECTS)[number];

/** What a schedule needs to know of what it starts. */
interface Planned {
  readonly word: string;
  readonly workflow: string;
  /** The job's one argument, checked as the workflow would check it. */
  readonly input: object;
  readonly project: string | undefined;
  readonly summary: string;
}

/** The input as typed, with what the options say. Throws InvalidInput for an option of another job. */
const typedInput = (
  options: CreateOptions,
  fields: Readonly<Partial<Record<Subject, string>>>,
  flags: string,
): Record<string, unknown> => {
  const other = SUBJECTS.find((option) => fields[option] === undefined && options[option] !== undefined);
  if (other !== undefined) {
    const flag = other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw wrong(`--${flag} does not go with --job ${options.job}: it takes ${flags}.`);
  }
  const given = SUBJECTS.flatMap((option) => {
    const [field, value] = [fields[option], options[option]];
    return field === undefined || value === undefined ? [] : [[field, value] as const];
  });
  return { ...(options.input === undefined ? {} : parseInput(options.input)), ...Object.fromEntries(given) };
};

/** What the schedule starts. Throws InvalidInput. */
const plannedRun = (options: CreateOptions): Planned => {
  if (options.job === 'janitor') {
    const { word, workflow, subjects, check, projectOf, summary } = janitorJob;
    const input = check(typedInput(options, subjects, '--project, --bucket or --data-set'));
    return { word, workflow, input, project: projectOf(input), summary: summary(input) };
  }
  const job = jobOf(options.job);
  const { subject, word, workflow } = job;
  const input = job.check(typedInput(options, { [subject.option]: subject.field }, subject.flag));
  if (input.runId !== undefined) {
    throw wrong('A schedule starts many runs: its input must not name one with "runId".');
  }
  return { word, workflow, input, project: job.projectOf(input), summary: job.summary(input) };
};

const checkTimezone = (timezone: string): string => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions().timeZone && timezone;
  } catch {
    throw wrong(`--timezone: "${timezone.slice(0, 60)}" is not a name of the IANA list, such as Europe/Berlin.`);
  }
};

const specOf = ({ cron, every, offset, timezone, jitter }: CreateOptions): ScheduleOptions['spec'] => {
  if ((cron === undefined) === (every === undefined)) throw wrong('Give --cron or --every, and not both.');
  if (offset !== undefined && (every === undefined || offset >= every)) {
    throw wrong('--offset goes with --every, and must be shorter.');
  }
  if (cron !== undefined && !/^(@\w+|\S+( +\S+){4,6})$/.test(cron.trim())) {
    throw wrong(`--cron: expected five fields, such as "0 6 * * *", got "${cron.slice(0, 60)}".`);
  }
  return {
    ...(cron === undefined ? {} : { cronExpressions: [cron.trim()] }),
    ...(every === undefined ? {} : { intervals: [{ every, ...(offset === undefined ? {} : { offset }) }] }),
    ...(timezone === undefined ? {} : { timezone: checkTimezone(timezone) }),
    ...(jitter === undefined ? {} : { jitter }),
  };
};

/** Runs get `<job>-<schedule>-<nominal time>` as their ids: Temporal appends the time. Throws InvalidInput. */
export const planSchedule = (id: string, options: CreateOptions): ScheduleOptions => {
  const { word, workflow, input, project, summary } = plannedRun(options);
  const attribute = (name: string, value: string) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value });
  return {
    scheduleId: id,
    spec: specOf(options),
    action: {
      type: 'startWorkflow',
      workflowType: workflow,
      workflowId: `${word}-${id}`,
      taskQueue: TASK_QUEUES.workflows,
      args: [input],
      ...(project === undefined ? {} : { priority: { fairnessKey: fairnessKeyOf(project) } }),
      staticSummary: summaryText(summary),
      staticDetails: `Started by the schedule ${id}: \`longhaul schedule describe ${id}\``,
      typedSearchAttributes: [
        attribute(SEARCH_ATTRIBUTES.job, workflow),
        ...(project === undefined ? [] : [attribute(SEARCH_ATTRIBUTES.project, project)]),
      ],
    },
    policies: {
      overlap: OVERLAPS[options.overlap],
      catchupWindow: options.catchup,
      pauseOnFailure: options.pauseOnFailure,
    },
    state: {
      ...(options.note === undefined ? {} : { note: options.note }),
      paused: options.paused ?? false,
      triggerImmediately: options.triggerNow ?? false,
    },
  };
};

/** How far a zone is ahead of UTC at an instant. */
const aheadMs = (at: number, timezone: string): number => {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hourCycle: 'h23',
    dateStyle: 'short',
    timeStyle: 'medium',
  }).formatToParts(at);
  const field = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(
    field('year'),
    field('month') - 1,
    field('day'),
    field('hour'),
    field('minute'),
    field('second'),
  );
  return local - Math.floor(at / 1000) * 1000;
};

/** Midnight of `YYYY-MM-DD`, plus days, in the zone. Twice, because the zone may change its clock between the guesses. */
const midnight = (date: string, days: number, timezone: string): number => {
  const local = Date.parse(`${date}T00:00:00Z`) + days * 86_400_000;
  const guess = local - aheadMs(local, timezone);
  return local - aheadMs(guess, timezone);
};

/**
 * The range of both days, whole, in the schedule's zone. One ms before the first midnight: right whether the
 * server takes the start as inside or outside. Throws InvalidInput where `to` comes before `from`.
 */
export const backfillRange = (from: string, to: string, timezone = 'UTC'): { start: Date; end: Date } => {
  if (to < from) throw wrong(`--to ${to} is before --from ${from}.`);
  return {
    start: new Date(midnight(from, 0, timezone) - 1),
    end: new Date(midnight(to, 1, timezone) - 1),
  };
};
