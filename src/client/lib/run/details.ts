/** Looks into the running children of a run: what their heartbeats say about bytes on the way. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow';
import { type ErrorCode, isErrorCode } from '../../../model/errors';
import { withinMs } from '../connection';

/** Descriptions asked for in one look: a watcher must not load the server of a large run. */
const MAX_CHILDREN_DESCRIBED = 16;
const DESCRIBE_TIMEOUT_MS = 3_000;

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

interface Heartbeat {
  readonly bytes: number;
  readonly sizeBytes: number | null;
}

/** What an activity tries again by itself, within an attempt. */
export interface Trouble {
  readonly code: ErrorCode;
  readonly message: string;
}

/** One transfer that is moving bytes now, as its heartbeat tells. */
export interface InFlight {
  /** The record's number, from the child's id; null where it cannot be told. */
  readonly n: number | null;
  readonly activity: string;
  readonly bytes: number;
  readonly sizeBytes: number | null;
  readonly attempt: number;
  /** Why the last attempt failed, where it is not the first. */
  readonly lastError: string | null;
  /** What this attempt is trying again by itself; null where nothing is in its way. */
  readonly trouble?: Trouble | null;
}

const fieldOf = (holder: unknown, key: string): unknown =>
  typeof holder === 'object' && holder !== null ? (Reflect.get(holder, key) as unknown) : undefined;

const numberOf = (holder: unknown, key: string): number | null => {
  const value = fieldOf(holder, key);
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
};

/** Of heartbeat details only what is understood: a newer worker may send another shape, and that is no error here. */
export const readHeartbeat = (details: unknown): Heartbeat | null => {
  // Activities keep what the engine tells in `checkpoint` of their beat.
  const checkpoint = fieldOf(details, 'checkpoint') ?? details;
  const bytes = numberOf(checkpoint, 'bytes');
  if (bytes === null) return null;
  const version = fieldOf(checkpoint, 'version');
  return { bytes, sizeBytes: numberOf(version, 'sizeBytes') };
};

/** Of heartbeat details; null where there is none, or not in a shape that is understood. */
export const readTrouble = (details: unknown): Trouble | null => {
  const trouble = fieldOf(details, 'trouble');
  const [code, message] = [fieldOf(trouble, 'code'), fieldOf(trouble, 'message')];
  return isErrorCode(code) && typeof message === 'string' ? { code, message } : null;
};

/** The n of a workflow `<run>/record/<n>`, or of an activity `record/<n>` of a batch; null of any other id. */
export const recordNumberOf = (id: string): number | null => {
  const match = /(?:^|\/)record\/(\d+)$/.exec(id);
  return match === null ? null : Number(match[1]);
};

const describeActivity = async (
  client: Client,
  workflowId: string,
  activity: PendingActivity,
): Promise<InFlight | null> => {
  const { activityId, heartbeatDetails, activityType, attempt, lastFailure } = activity;
  const { loadedDataConverter } = client.options;
  const [details] = await decodeArrayFromPayloads(loadedDataConverter, heartbeatDetails?.payloads);
  // Its text may have travelled as a payload.
  const failure = await decodeOptionalFailureToOptionalError(loadedDataConverter, lastFailure);
  const heartbeat = readHeartbeat(details);
  const attempts = attempt ?? 1;
  const trouble = readTrouble(details);
  if (heartbeat === null && trouble === null && attempts < 2) return null;
  return {
    n: recordNumberOf(workflowId) ?? recordNumberOf(activityId ?? ''),
    activity: activityType?.name ?? 'activity',
    bytes: heartbeat?.bytes ?? 0,
    sizeBytes: heartbeat?.sizeBytes ?? null,
    attempt: attempts,
    lastError: failure?.message ?? null,
    trouble,
  };
};

const describe = async (client: Client, workflowId: string): Promise<WorkflowExecutionDescription | undefined> => {
  try {
    return await withinMs(client, DESCRIBE_TIMEOUT_MS, () => client.workflow.getHandle(workflowId).describe());
  } catch {
    // A child that has just closed, or a server that is busy: the picture is then less detailed for a second.
    return undefined;
  }
};

const activitiesOf = async (
  client: Client,
  workflowId: string,
  from: WorkflowExecutionDescription,
): Promise<InFlight[]> => {
  const pending = from.raw.pendingActivities ?? [];
  const described = await Promise.all(pending.map((activity) => describeActivity(client, workflowId, activity)));
  return described.filter((transfer) => transfer !== null);
};

/**
 * The transfers under way in the batches, at most MAX_CHILDREN_DESCRIBED, ordered by record. Best effort: never throws,
 * and an empty answer means nothing but that nothing could be told.
 */
export const readInFlight = async (client: Client, batchIds: readonly string[]): Promise<InFlight[]> => {
  const found: InFlight[] = [];
  let budget = MAX_CHILDREN_DESCRIBED;
  for (const batchId of batchIds) {
    if (budget <= 0) break;
    const batch = await describe(client, batchId);
    if (batch === undefined) continue;
    found.push(...(await activitiesOf(client, batchId, batch)));
    const children = (batch.raw.pendingChildren ?? []).map((child) => child.workflowId ?? '').filter((id) => id !== '');
    const chosen = children.slice(0, budget);
    budget -= chosen.length;
    const described = await Promise.all(
      chosen.map(async (childId) => {
        const child = await describe(client, childId);
        return child === undefined ? [] : activitiesOf(client, childId, child);
      }),
    );
    found.push(...described.flat());
  }
  return found.sort((a, b) => (a.n ?? -1) - (b.n ?? -1));
};
