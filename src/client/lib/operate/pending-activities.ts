/** The activities of a run that are running, waiting for their next try or paused: those of the run, its batches and its records. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow';
import { optionalTsToDate } from '@temporalio/common/lib/time';
import {
  ApplicationFailure,
  ApplicationFailureCategory,
  TimeoutFailure,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { eachOf } from '../../../model/each-of';
import { ERRORS, isErrorCode, type ErrorCode } from '../../../model/errors';
import { CALL_TIMEOUT_MS, withinMs } from '../connection';
import { readHeartbeat, readTrouble, recordNumberOf } from '../run/details';

/** Workflows looked into: a run of many workers has as many records in flight, and asking costs the server a few ms each. */
const MAX_WORKFLOWS = 1_000;
const DESCRIBED_AT_ONCE = 8;

const WORKER_LOST = 'The worker was not heard of any more';
const LOST_HINT = 'Another worker goes on from what the store has; see that one is there: longhaul doctor';

/** How an activity stands; `pausing`: it hears of it with its next heartbeat. */
export type ActivityState = 'waiting' | 'running' | 'cancelling' | 'paused' | 'pausing';

/** As the server numbers them (temporal.api.enums.v1.PendingActivityState). */
const STATES: Readonly<Record<number, ActivityState>> = {
  1: 'waiting',
  2: 'running',
  3: 'cancelling',
  4: 'paused',
  5: 'pausing',
};

export interface PendingActivity {
  /** Names it within the run: `record/7`, `batch/0/3`, `run/2`. */
  readonly id: string;
  /** Null where it is the run's or a batch's own. */
  readonly record: number | null;
  /** The activity's name in the code. */
  readonly type: string;
  readonly state: ActivityState;
  readonly attempt: number;
  /** Moved so far, and of how many; null where it has not told. */
  readonly bytes: number | null;
  readonly sizeBytes: number | null;
  readonly lastFailure: { readonly code: ErrorCode; readonly message: string; readonly hint: string } | null;
  /** What it is trying again by itself in this attempt; null where nothing is in its way. */
  readonly trouble: PendingActivity['lastFailure'];
  /** When it is tried again; null where it is running or paused. */
  readonly nextAttemptAt: string | null;
  /** Process and host of the worker that had it last. */
  readonly worker: string | null;
  readonly pausedBecause: string | null;
  /** What Temporal calls it: for its own command line and Web UI. */
  readonly workflowId: string;
  readonly activityId: string;
}

export interface PendingActivities {
  readonly activities: readonly PendingActivity[];
  /** Workflows that were not looked into, because there are too many. */
  readonly moreWorkflows: number;
}

type RawActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** `record/7` of `<run>/record/7`, `run` of the run itself. */
const placeOf = (runWorkflowId: string, workflowId: string): string =>
  workflowId === runWorkflowId ? 'run' : (/(?:batch|record)\/\d+$/.exec(workflowId)?.[0] ?? workflowId);

const failureOf = async (client: Client, raw: RawActivity): Promise<PendingActivity['lastFailure']> => {
  const error = await decodeOptionalFailureToOptionalError(client.options.loadedDataConverter, raw.lastFailure);
  if (error === undefined) return null;
  const type = error instanceof ApplicationFailure ? error.type : undefined;
  // A pause, a reset and a worker that has stopped end an attempt too, and nothing is wrong.
  const isBenign = error instanceof ApplicationFailure && error.category === ApplicationFailureCategory.BENIGN;
  if (type === 'ActivityPause' || isBenign) return null;
  if (isErrorCode(type)) return { code: type, message: error.message, hint: ERRORS[type].hint };
  // It was alive a moment ago: the next attempt goes on from what the store has.
  if (error instanceof TimeoutFailure) return { code: 'WorkerShutdown', message: WORKER_LOST, hint: LOST_HINT };
  return { code: 'Internal', message: error.message, hint: 'It is tried again; the worker’s log says more.' };
};

const activityOf = async (
  client: Client,
  place: string,
  workflowId: string,
  raw: RawActivity,
): Promise<PendingActivity> => {
  const activityId = raw.activityId ?? '';
  const [details] = await decodeArrayFromPayloads(client.options.loadedDataConverter, raw.heartbeatDetails?.payloads);
  const heartbeat = readHeartbeat(details);
  const trouble = readTrouble(details);
  const next = optionalTsToDate(raw.nextAttemptScheduleTime);
  const state = STATES[raw.state ?? 0] ?? 'waiting';
  const isOfRecord = recordNumberOf(activityId) !== null;
  return {
    // A batch names its records' activities by the record.
    id: isOfRecord ? activityId : `${place}/${activityId}`,
    record: recordNumberOf(isOfRecord ? activityId : place),
    type: raw.activityType?.name ?? 'activity',
    state,
    attempt: raw.attempt ?? 1,
    bytes: heartbeat?.bytes ?? null,
    sizeBytes: heartbeat?.sizeBytes ?? null,
    lastFailure: await failureOf(client, raw),
    trouble: trouble === null || state !== 'running' ? null : { ...trouble, hint: ERRORS[trouble.code].hint },
    nextAttemptAt: state === 'waiting' && next !== undefined ? next.toISOString() : null,
    worker: raw.lastWorkerIdentity ? raw.lastWorkerIdentity : null,
    pausedBecause: raw.pauseInfo?.manual?.reason ? raw.pauseInfo.manual.reason : null,
    workflowId,
    activityId,
  };
};

/** Undefined where it has just ended. */
const describe = async (client: Client, workflowId: string): Promise<WorkflowExecutionDescription | undefined> => {
  try {
    return await withinMs(client, CALL_TIMEOUT_MS, () => client.workflow.getHandle(workflowId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
};

/** By where they are, records by number. */
const inOrder = (a: PendingActivity, b: PendingActivity): number =>
  (a.record ?? -1) - (b.record ?? -1) || a.id.localeCompare(b.id, 'en', { numeric: true });

/**
 * Asks the server alone: no worker has to answer. Level by level, because only a run knows its batches, and only a batch its
 * records. Throws what keeps Temporal away, or what keeps this command from reading encrypted payloads.
 */
export const pendingActivities = async (client: Client, runWorkflowId: string): Promise<PendingActivities> => {
  const activities: PendingActivity[] = [];
  let level: readonly string[] = [runWorkflowId];
  let budget = MAX_WORKFLOWS;
  let moreWorkflows = 0;
  while (level.length > 0) {
    const chosen = level.slice(0, budget);
    budget -= chosen.length;
    moreWorkflows += level.length - chosen.length;
    const children: string[] = [];
    await eachOf(chosen, DESCRIBED_AT_ONCE, async (workflowId) => {
      const description = await describe(client, workflowId);
      if (description === undefined) return;
      const place = placeOf(runWorkflowId, workflowId);
      const pending = description.raw.pendingActivities ?? [];
      activities.push(...(await Promise.all(pending.map((raw) => activityOf(client, place, workflowId, raw)))));
      for (const child of description.raw.pendingChildren ?? []) if (child.workflowId) children.push(child.workflowId);
    });
    level = children;
  }
  return { activities: activities.sort(inOrder), moreWorkflows };
};
