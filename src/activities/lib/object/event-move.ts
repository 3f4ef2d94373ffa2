/** One event's transfer within an activity: its budget of tries, its spec for the engine, its log, figures and failure. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEvent } from '../../../bridge/event-schema';
import { LonghaulError } from '../../../model/errors';
import { WORKFLOWS } from '../../../model/names';
import {
  addressText,
  DEFAULT_MAX_RETRIES,
  startsAgain,
  type TransferEvent,
  type TransferEventResult,
} from '../../../model/transfer-event';
import type { EventLog } from '../../../ops/event-log';
import type { EventRoute } from '../../../ops/event-metrics';
import { RetryBudget, type TransferSpec } from '../../../transfer';
import type { MovedObject, TransferCheckpoint, TransferControl } from '../../../transfer/types';
import type { Dependencies } from '../../dependencies';
import type { EventFailure, OfEvent } from '../../event-types';
import { toFailure } from '../attempt/failures';
import { metered } from '../attempt/metered';

/** After 1, 2, 4 … seconds, at most 30: whoever reads the log can tell which try it was. */
const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 30_000;
/** A store that asks for a longer wait than this is down: the event is for the dead-letter queue then. */
const LONGEST_WAIT_MS = 15 * 60_000;

/** The engine's checkpoint, and the tries of this activity so far: a killed worker takes only its memory with it. */
type Checkpoint = TransferCheckpoint & { readonly retries?: number };

export interface EventMoveOptions {
  /** Of the event's retries, those that earlier tries have used up. */
  readonly spent?: number;
  /** Told of every wait before a further try. */
  readonly onWait?: (delayMs: number) => void;
}

export class EventMove {
  readonly event: TransferEvent;
  readonly log: EventLog;
  readonly control: TransferControl;
  readonly #dependencies: Dependencies;
  readonly #args: OfEvent;
  readonly #onWait: EventMoveOptions['onWait'];
  readonly #budget: RetryBudget;
  readonly #retriesBefore: number;
  readonly #report: TransferControl['onProgress'];
  #checkpoint: Checkpoint;
  /** Something was sent to the destination. */
  #sent = false;
  /** Nobody knows what became of what was sent. */
  #doubtful: boolean;

  /** Throws a failure of type EventInvalid with everything that is wrong. */
  constructor(dependencies: Dependencies, args: OfEvent, control: TransferControl, options: EventMoveOptions = {}) {
    this.event = checked(dependencies, args.event);
    this.log = dependencies.eventLogs(this.event);
    this.#dependencies = dependencies;
    this.#args = args;
    const { maxRetries = DEFAULT_MAX_RETRIES } = this.event.metadata ?? {};
    const { spent = 0, onWait } = options;
    this.#onWait = onWait;
    this.#budget = new RetryBudget({ maxRetries, baseDelayMs: FIRST_DELAY_MS, maxDelayMs: MAX_DELAY_MS, spent });
    const earlier: Checkpoint | undefined = control.checkpoint;
    this.#retriesBefore = args.retries + (earlier?.retries ?? 0);
    this.#checkpoint = earlier ?? { v: 1, bytes: 0, parts: 0, sentBytes: 0 };
    this.#doubtful = control.repeatedSince !== undefined;
    this.#report = metered(control, dependencies.metrics).onProgress;
    this.control = { ...control, onProgress: (checkpoint) => this.#onProgress(checkpoint) };
  }

  /** Tries that failed and were made again, of all activities of this transfer. */
  get retries(): number {
    return this.#retriesBefore + this.#budget.retries;
  }

  get seconds(): number {
    return Math.max(0, Date.now() - this.#args.startedAtMs) / 1000;
  }

  /** For the workflow: what has to be taken back, and how often it was tried. */
  get details(): EventFailure {
    const { uploadId } = this.#checkpoint;
    return {
      attempts: 1 + this.retries,
      touched: this.#doubtful || uploadId !== undefined,
      ...(uploadId === undefined ? {} : { uploadId }),
    };
  }

  /** The same where it is told to stop in the middle: what is on its way may arrive all the same. */
  get detailsOfCancel(): EventFailure {
    this.#doubtful ||= this.#sent;
    return this.details;
  }

  spec(transferId: string): TransferSpec {
    const { event } = this;
    const { eventStores, memory } = this.#dependencies;
    const { config, limiter } = eventStores;
    const { contentType, checksumSHA256, ifExists, verify } = event.metadata ?? {};
    return {
      source: eventStores.source(event.source),
      destination: eventStores.destination(event.destination),
      key: event.destination.key,
      transferId,
      publish: 'direct',
      partSizeBytes: config.partSizeBytes,
      lanes: config.lanes,
      maxLanes: config.maxLanes,
      onLanes: this.#dependencies.metrics.lanesOfTransfer(),
      stallTimeoutMs: config.stallTimeoutMs,
      memory,
      limiter,
      ifAbsent: ifExists === 'ifAbsent',
      readBack: verify === 'read-back',
      ...(contentType === undefined ? {} : { contentType }),
      ...(checksumSHA256 === undefined ? {} : { sha256: checksumSHA256 }),
      retry: {
        baseDelayMs: FIRST_DELAY_MS,
        maxDelayMs: MAX_DELAY_MS,
        totalMs: LONGEST_WAIT_MS,
        budget: this.#budget,
      },
      onRetry: (error, delayMs) => this.#onRetry(error, delayMs),
      onEvent: ({ kind }) => {
        if (kind === 'put_start' || kind === 'upload_begin_start') this.#sent = true;
      },
    };
  }

  /** Told once for a transfer, by the first activity that looks at its object. */
  tellBegin({ source, destination, key }: TransferSpec): void {
    this.log.info(`Transferring ${source.display} to ${destination.display(key)}`);
  }

  /** Runs `work`, and again where the bytes that came were not those that the source keeps a checksum of. */
  async rereading<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      const beganAtMs = performance.now();
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof LonghaulError) || error.code !== 'SourceDamaged') throw error;
        const delayMs = this.#budget.next(error, beganAtMs);
        if (delayMs === undefined) throw error;
        this.#onRetry(error, delayMs);
        await sleep(delayMs, undefined, { signal: this.control.signal });
      }
    }
  }

  result(object: MovedObject): TransferEventResult {
    const { event, seconds } = this;
    const { etag, versionId, crc32, crc32c, verified } = object;
    const { checksumSHA256 } = event.metadata ?? {};
    const isGcs = event.destination.provider === 'gcp_gcs';
    return {
      eventId: event.eventId,
      correlationId: event.correlationId,
      source: addressText(event.source),
      destination: addressText(event.destination),
      bytes: object.bytes,
      parts: object.parts,
      resentBytes: Math.max(0, object.sentBytes - object.bytes),
      verified,
      checksums: {
        ...(verified === 'sha256' && checksumSHA256 !== undefined ? { sha256: checksumSHA256.toLowerCase() } : {}),
        ...(crc32 === undefined ? {} : { crc32 }),
        ...(crc32c === undefined ? {} : { crc32c }),
      },
      stored: {
        ...(etag === undefined ? {} : { etag }),
        ...(versionId === undefined ? {} : isGcs ? { generation: versionId } : { versionId }),
      },
      seconds,
      attempts: 1 + this.retries,
    };
  }

  /** Told once the object is where it belongs. */
  succeeded(result: TransferEventResult): void {
    const { bytes, seconds, verified, attempts } = result;
    this.#dependencies.eventMetrics.succeeded({ ...routeOf(this.event), seconds, bytes });
    const tries = attempts === 1 ? '' : `, after ${attempts} attempts`;
    this.log.info(`Transferred ${result.source} to ${result.destination}, verified by ${verified}${tries}`, {
      durationSeconds: seconds,
      bytesTransferred: bytes,
    });
  }

  /** Final: the budget of tries is the only one, so Temporal must not add its own. */
  failure(error: unknown): ApplicationFailure {
    this.#weigh(error);
    const failure = toFailure(error, false);
    const { type, message } = failure;
    const code = type ?? 'Internal';
    const { details } = this;
    if (!startsAgain(code, this.#args.starts, this.event.metadata?.maxRetries)) {
      this.#dependencies.eventMetrics.failed({ ...routeOf(this.event), code });
      const tries = details.attempts === 1 ? '' : ` after ${details.attempts} attempts`;
      this.log.error(`Failed${tries}: ${message} [${code}]`, {
        durationSeconds: this.seconds,
        bytesTransferred: this.#checkpoint.bytes,
      });
    }
    return withDetails(failure, details);
  }

  #onProgress(checkpoint: TransferCheckpoint): void {
    if (checkpoint.bytes > this.#checkpoint.bytes) this.#budget.replenish();
    this.#tell(checkpoint);
  }

  #onRetry(error: LonghaulError, delayMs: number): void {
    const { metrics, eventMetrics } = this.#dependencies;
    const { code, message } = error;
    metrics.addRetries();
    eventMetrics.retried({ ...routeOf(this.event), code });
    this.#weigh(error);
    this.log.warning(`Attempt ${1 + this.retries} in ${delayMs / 1000} s: ${message} [${code}]`, {
      durationSeconds: this.seconds,
      bytesTransferred: this.#checkpoint.bytes,
    });
    this.#tell(this.#checkpoint);
    this.#onWait?.(delayMs);
  }

  #tell(checkpoint: TransferCheckpoint): void {
    const own = this.retries - this.#args.retries;
    this.#checkpoint = own === 0 ? checkpoint : { ...checkpoint, retries: own };
    this.#report(this.#checkpoint);
  }

  /** A store that has said no has stored nothing; one that has said nothing, or broke while it worked, may have. */
  #weigh(error: unknown): void {
    if (!this.#sent) return;
    const status = error instanceof LonghaulError ? error.context.httpStatus : undefined;
    if (status === undefined || status < 400 || UNCLEAR_STATUSES.has(status)) this.#doubtful = true;
  }
}

const UNCLEAR_STATUSES: ReadonlySet<number> = new Set([500, 502, 504]);

/** Where it is none, this is the place where that is told: there is no transfer that could. */
function checked(dependencies: Dependencies, event: unknown): TransferEvent {
  const parsed = parseEvent(event);
  if (parsed.ok) return parsed.event;
  const code = 'EventInvalid';
  const message = `This is not a transfer event: ${parsed.problems.join('; ')}`;
  dependencies.eventMetrics.failed({ job: WORKFLOWS.transferEvent, source: '', destination: '', code });
  dependencies.eventLogs(parsed).error(`${message} [${code}]`);
  throw withDetails(toFailure(new LonghaulError(code, message)), { attempts: 0, touched: false });
}

const routeOf = ({ source, destination }: TransferEvent): EventRoute => ({
  job: WORKFLOWS.transferEvent,
  source: source.provider,
  destination: destination.provider,
});

const withDetails = (failure: ApplicationFailure, more: EventFailure): ApplicationFailure => {
  const [first] = failure.details ?? [];
  const details = typeof first === 'object' && first !== null ? { ...first, ...more } : more;
  return ApplicationFailure.create({
    message: failure.message,
    ...(failure.type ? { type: failure.type } : {}),
    nonRetryable: true,
    details: [details],
    ...(failure.cause === undefined ? {} : { cause: failure.cause }),
  });
};

/** Marks what this transfer writes. Of the workflow's run: a run that is made anew must not take an older one's for its own. */
export function eventTransferId(): string {
  const { workflowExecution } = Context.current().info;
  if (workflowExecution === undefined) throw new LonghaulError('Internal', 'A transfer outside of a workflow');
  return workflowExecution.runId.replaceAll('-', '');
}
