/**
 * What became of the events that were to be transferred, for /metrics. Names and labels are an interface: rules, alerts and
 * dashboards of deploy/ read them (docs/decisions/0015).
 *
 * Every label has a fixed set of values: a time series is kept for each combination, so what comes out of a message (an
 * unknown provider, a foreign error) is folded into `other`. Ids, buckets and keys belong into the logs.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { ERRORS, isErrorCode, type ErrorKind } from '../model/errors';
import { WORKFLOWS } from '../model/names';

/** Where an event moves its object, as the event names the stores. */
export interface EventRoute {
  readonly job: string;
  readonly source: string;
  readonly destination: string;
}

const OTHER = 'other';
const EVENT_JOB = 'transferEvent';
const JOBS: ReadonlySet<string> = new Set([...Object.keys(WORKFLOWS), EVENT_JOB]);
const PROVIDERS: ReadonlySet<string> = new Set(['aws_s3', 'gcp_gcs']);
/** Of these kinds is what an event's transfer fails with. */
const EVENT_ERROR_KINDS: readonly ErrorKind[] = ['source', 'destination', 'access', 'unreachable', 'internal'];

/** Fine up to the goal of 60 s, so that its quantile is exact there; coarse for what takes an hour. */
const DURATION_BUCKETS_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 120, 300, 900, 3600];
const KIB = 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** Factors of sixteen: from a marker file to what S3 takes as one object. */
const SIZE_BUCKETS_BYTES = [KIB, 16 * KIB, 256 * KIB, 4 * MIB, 64 * MIB, GIB, 16 * GIB, 256 * GIB, 5 * 1024 * GIB];

const ROUTE_LABELS = ['job', 'source_provider', 'destination_provider'] as const;
const FAILURE_LABELS = [...ROUTE_LABELS, 'error_code'] as const;

const known = (value: string, values: ReadonlySet<string>): string => (values.has(value) ? value : OTHER);

const routeLabels = ({ job, source, destination }: EventRoute): Record<(typeof ROUTE_LABELS)[number], string> => ({
  job: known(job, JOBS),
  source_provider: known(source, PROVIDERS),
  destination_provider: known(destination, PROVIDERS),
});

const failureLabels = (route: EventRoute, code: string): Record<(typeof FAILURE_LABELS)[number], string> => ({
  ...routeLabels(route),
  error_code: isErrorCode(code) ? code : OTHER,
});

export class EventMetrics {
  readonly #registry = new Registry();
  readonly #own = { registers: [this.#registry] };
  readonly #successes = new Counter({
    ...this.#own,
    name: 'transfer_success_total',
    help: 'Events whose object was moved and verified.',
    labelNames: ROUTE_LABELS,
  });
  readonly #failures = new Counter({
    ...this.#own,
    name: 'transfer_failure_total',
    help: 'Events that have failed for good; a failed attempt that is tried again is not one.',
    labelNames: FAILURE_LABELS,
  });
  readonly #durations = new Histogram({
    ...this.#own,
    name: 'transfer_duration_seconds',
    help: 'Time from the start of an event that succeeded to its end, its retries included.',
    labelNames: ROUTE_LABELS,
    buckets: DURATION_BUCKETS_SECONDS,
  });
  readonly #bytes = new Histogram({
    ...this.#own,
    name: 'transfer_bytes',
    help: 'Sizes of the objects that were moved; the growth of its sum is the throughput.',
    labelNames: ROUTE_LABELS,
    buckets: SIZE_BUCKETS_BYTES,
  });
  readonly #retries = new Counter({
    ...this.#own,
    name: 'retry_count',
    help: 'Attempts at an event that failed and are tried again.',
    labelNames: FAILURE_LABELS,
  });
  readonly #duplicates = new Counter({
    ...this.#own,
    name: 'transfer_duplicates_total',
    help: 'Messages whose event is running or done already, acknowledged without a transfer.',
  });
  readonly #open = new Gauge({
    ...this.#own,
    name: 'transfer_open',
    help: 'Events whose transfers have not ended, when this bridge last looked: every bridge sees the same.',
  });
  readonly #deadLetters = new Counter({
    ...this.#own,
    name: 'dead_letters_total',
    help: 'Messages that were put into the dead-letter queue.',
    labelNames: ['error_code'] as const,
  });
  // Without a value until it is measured: a 0 of a process that cannot ask its queue would hide a full one.
  readonly #dlqDepth = new Gauge({
    ...this.#own,
    name: 'dlq_depth',
    help: 'Messages in the dead-letter queue when it was last asked.',
    labelNames: ['queue'] as const,
  });

  constructor() {
    // From the first scrape on: a series that appears with a burst of failures shows Prometheus no increase at all, and no
    // alert would fire.
    const codes = Object.entries(ERRORS).filter(([, { kind }]) => EVENT_ERROR_KINDS.includes(kind));
    for (const source of PROVIDERS)
      for (const destination of PROVIDERS) {
        const route = { job: EVENT_JOB, source, destination };
        this.#successes.inc(routeLabels(route), 0);
        this.#durations.zero(routeLabels(route));
        this.#bytes.zero(routeLabels(route));
        for (const [code] of codes) this.#failures.inc(failureLabels(route, code), 0);
        this.#failures.inc(failureLabels(route, OTHER), 0);
      }
  }

  /** @param seconds from the start of the event to its end. */
  succeeded(result: EventRoute & { readonly seconds: number; readonly bytes: number }): void {
    const labels = routeLabels(result);
    this.#successes.inc(labels);
    this.#durations.observe(labels, result.seconds);
    this.#bytes.observe(labels, result.bytes);
  }

  /** The event has failed for good. */
  failed(result: EventRoute & { readonly code: string }): void {
    this.#failures.inc(failureLabels(result, result.code));
  }

  /** An attempt has failed with `code` and will be made again. */
  retried(result: EventRoute & { readonly code: string }): void {
    this.#retries.inc(failureLabels(result, result.code));
  }

  duplicate(): void {
    this.#duplicates.inc();
  }

  opened(): void {
    this.#open.inc();
  }

  closed(): void {
    this.#open.dec();
  }

  /** @param transfers as Temporal counts them. */
  setOpen(transfers: number): void {
    this.#open.set(transfers);
  }

  deadLettered(code: string): void {
    this.#deadLetters.inc({ error_code: isErrorCode(code) ? code : OTHER });
  }

  /** @param queue which kind of queue, never its name. */
  setDlqDepth(messages: number, queue: 'sqs' | 'pubsub' = 'sqs'): void {
    this.#dlqDepth.set({ queue }, messages);
  }

  /** Prometheus text exposition format 0.0.4. */
  prometheus(): Promise<string> {
    return this.#registry.metrics();
  }
}

/** The process's own: counters are of a process, whichever activity or consumer adds to them. */
export const eventMetrics = new EventMetrics();
