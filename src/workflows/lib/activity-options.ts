/** Timeouts and retries of every activity, once, with their reasons. */
import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { EventActivities } from '../../activities/event-types';
import type { ApiActivities, ClaimActivities, FilesActivities, TransferActivities } from '../../activities/types';
import type { JanitorActivities } from '../../activities/janitor-types';
import type { LoadApiActivities, LoadTransferActivities } from '../../activities/load-types';
import type { RunPriority } from '../../model/fairness';
import { filesQueue, TASK_QUEUES } from '../../model/names';
import { summaryText } from '../../model/summary';
import type { OnError } from '../../model/run';
import { counting } from './requests';

/**
 * A crashed worker is noticed after this long; the worker's heartbeat throttle is 1 s, so a beat is never this late
 * while the worker lives. Longer means a longer pause after SIGKILL, shorter means false alarms on a busy machine.
 */
const HEARTBEAT_TIMEOUT = '10 seconds';

/**
 * Bounds a stream as a whole. Never a small maximumAttempts: each hand-over between workers uses one. How long a record
 * is tried without progress is the activity's own decision (transfer.retry_for_sec).
 */
const STREAM_TIMEOUT = '7 days';

const backoff = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' } as const;

/** A cancelled run does not wait until a short call hears of the cancel, which is with its next heartbeat. */
const cancellationType = ActivityCancellationType.TRY_CANCEL;

const options = {
  /** Before anything has been done: fail soon, so that a person who has just pressed Enter sees it. */
  prepare: {
    taskQueue: TASK_QUEUES.api,
    cancellationType,
    startToCloseTimeout: '3 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { ...backoff, maximumAttempts: 4 },
  },
  /** Calls to the API and to control objects in the bucket: a server that is away for a while must not end the run. */
  call: {
    taskQueue: TASK_QUEUES.api,
    cancellationType,
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    scheduleToCloseTimeout: '1 hour',
    retry: backoff,
  },
  /** Longer writes of control objects (manifest, report), with heartbeats. */
  control: {
    taskQueue: TASK_QUEUES.api,
    startToCloseTimeout: '2 hours',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    scheduleToCloseTimeout: '6 hours',
    retry: backoff,
  },
  /** Moves bytes. */
  stream: {
    taskQueue: TASK_QUEUES.transfer,
    scheduleToCloseTimeout: STREAM_TIMEOUT,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: backoff,
  },
  /**
   * Moves the object of an event, whose budget of tries is the activity's own: here only lost workers are replaced, and the
   * hand-over of one that stops takes a moment.
   */
  move: {
    taskQueue: TASK_QUEUES.transfer,
    scheduleToCloseTimeout: STREAM_TIMEOUT,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: backoff,
  },
  /**
   * Before an event goes to the dead-letter queue: a store that is down must not keep it from there for long. What is not
   * taken back by then is told, and an upload that is left is aborted by the bucket's lifecycle rule.
   */
  takeBack: {
    taskQueue: TASK_QUEUES.transfer,
    scheduleToCloseTimeout: '5 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: backoff,
  },
  /** Until the queue answers, however long that takes. */
  deadLetter: {
    taskQueue: TASK_QUEUES.transfer,
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: backoff,
  },
  /**
   * The same for loads. A cancel waits until the activity has ended: what it still wrote behind its cleanup would stay, and a
   * last commit that came after all must not be taken for a run without one.
   */
  load: {
    taskQueue: TASK_QUEUES.transfer,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    scheduleToCloseTimeout: STREAM_TIMEOUT,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: backoff,
  },
  /** Publishing and taking back: forward only, as long as it takes; a run that stops halfway would be neither old nor new. */
  settle: {
    taskQueue: TASK_QUEUES.transfer,
    startToCloseTimeout: '6 hours',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: backoff,
  },
  /** Removes what a load has needed for itself: a database that is gone must not keep the run from ending. */
  tidy: {
    taskQueue: TASK_QUEUES.transfer,
    startToCloseTimeout: '1 hour',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    scheduleToCloseTimeout: '70 minutes',
    retry: backoff,
  },
  /** Looks for a free place until there is one: a failed attempt leaves no event, so that waiting for hours costs none. */
  wait: {
    taskQueue: TASK_QUEUES.api,
    cancellationType,
    startToCloseTimeout: '1 minute',
    retry: backoff,
  },
  /** Takes what a file has left beside it away: its host may be gone, and a run must be able to end without it. */
  clear: {
    taskQueue: TASK_QUEUES.files,
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    scheduleToCloseTimeout: '10 minutes',
    retry: backoff,
  },
} satisfies Record<string, ActivityOptions>;

/** Of calls of a run that waits for its operator rather than fail: as long as its records wait. */
export const patience = ({ onError }: { readonly onError: OnError }): ActivityOptions =>
  onError === 'wait' ? { scheduleToCloseTimeout: STREAM_TIMEOUT } : {};

type ApiGroup = 'prepare' | 'call' | 'control';
type TransferGroup = 'stream' | 'load' | 'settle' | 'tidy';
type EventGroup = 'move' | 'takeBack' | 'deadLetter';

/** A run that writes to a local disk keeps all its activities on that host; every other uses the queue of its kind. */
interface Placed {
  readonly host?: string;
  /** Of the run. Records need none of their own: they have that of the batch which starts them. */
  readonly priority?: RunPriority;
}

const placed = ({ host, priority }: Placed): ActivityOptions => ({
  ...(host === undefined ? {} : { taskQueue: filesQueue(host) }),
  ...(priority === undefined ? {} : { priority }),
});

/** Activities of the api queue (or the run's host), with a sentence for the timeline. */
export const api = (
  group: ApiGroup,
  summary: string,
  run: Placed,
  override: ActivityOptions = {},
): ApiActivities & LoadApiActivities =>
  counting(
    proxyActivities<ApiActivities & LoadApiActivities>({
      ...options[group],
      ...placed(run),
      ...override,
      summary: summaryText(summary),
    }),
  );

/** Activities of `cleanUp`, with a sentence for the timeline. */
export const janitor = (group: 'prepare' | 'control', summary: string): JanitorActivities =>
  counting(proxyActivities<JanitorActivities>({ ...options[group], summary: summaryText(summary) }));

/** Activities of the transfer queue (or the run's host), with a sentence for the timeline. */
export const transfer = (
  group: TransferGroup,
  summary: string,
  run: Placed,
  override: ActivityOptions = {},
): TransferActivities & LoadTransferActivities =>
  counting(
    proxyActivities<TransferActivities & LoadTransferActivities>({
      ...options[group],
      ...placed(run),
      ...override,
      summary: summaryText(summary),
    }),
  );

/** Activities of one host with local disk, with a sentence for the timeline. */
export const files = (
  group: keyof typeof options,
  summary: string,
  host: string,
  override: ActivityOptions = {},
): FilesActivities =>
  counting(
    proxyActivities<FilesActivities>({
      ...options[group],
      ...placed({ host }),
      ...override,
      summary: summaryText(summary),
    }),
  );

/** The same of whichever host answers first. */
export const claims = (summary: string): ClaimActivities =>
  counting(
    proxyActivities<ClaimActivities>({
      ...options.prepare,
      taskQueue: TASK_QUEUES.files,
      summary: summaryText(summary),
    }),
  );

/**
 * A try at a small object within the workflow task. One: what it does not end is handed over. It ends itself long before this
 * limit, which is for a worker whose event loop stands still.
 */
export const smallEventActivities = (summary: string): Pick<EventActivities, 'moveSmallObject'> =>
  proxyLocalActivities<Pick<EventActivities, 'moveSmallObject'>>({
    startToCloseTimeout: '20 seconds',
    retry: { maximumAttempts: 1 },
    summary: summaryText(summary),
  });

/** Activities of one event, on the transfer queue; `priorityKey` where it differs from the workflow's own. */
export const eventActivities = (group: EventGroup, summary: string, priorityKey?: number): EventActivities =>
  proxyActivities<EventActivities>({
    ...options[group],
    summary: summaryText(summary),
    ...(priorityKey === undefined ? {} : { priority: { priorityKey } }),
  });
