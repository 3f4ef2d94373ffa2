/**
 * Lets events through while fewer than N transfers of the namespace are open and Temporal answers.
 *
 * What is open is asked of Temporal (visibility), never kept: a bridge that is started again knows it at once, and several
 * bridges share one limit. Between two questions each counts what it starts itself, so that one bridge never passes the
 * limit; several may, by what they start in the time between two questions.
 */
import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../ops/logging';
import { WORKFLOWS } from '../model/names';

export interface StartGateOptions {
  readonly client: Client;
  readonly maxOpen: number;
  readonly logger: Logger;
  /** Called with what is open each time that Temporal has said it. */
  readonly onOpen?: (transfers: number) => void;
}

/** A place taken. `started`: a transfer fills it now. `free`: none does. Either once; what comes later is ignored. */
export interface Place {
  started(): void;
  free(): void;
}

/** How often Temporal is asked while nothing else asks: how soon `/ready` knows that it is gone. */
const WATCH_INTERVAL_MS = 5_000;
/** How often while somebody waits: for a place, or for Temporal to come back. */
const WAIT_INTERVAL_MS = 250;
const DOWN_INTERVAL_MS = 1_000;
/** One count takes milliseconds; an absent server must be known for absent long before a message's visibility ends. */
const CALL_TIMEOUT_MS = 5_000;
/**
 * A start is in the count only when visibility has heard of it: at once on the embedded server, after some 2 s where
 * visibility is in Elasticsearch (flush and refresh of one second each). Until then it is added by hand.
 */
const VISIBILITY_LAG_MS = 2_500;

const QUERY = `WorkflowType = '${WORKFLOWS.transferEvent}' AND ExecutionStatus = 'Running'`;

export class StartGate {
  readonly #options: StartGateOptions;
  readonly #stopping = new AbortController();
  #counted = 0;
  #countedAtMs = -Infinity;
  /** When transfers were started that the count may not hold yet. */
  #startedAtMs: number[] = [];
  #reserved = 0;
  #reachable: boolean | null = null;
  #asking: Promise<void> | null = null;
  #watching: Promise<void> = Promise.resolve();

  constructor(options: StartGateOptions) {
    this.#options = options;
  }

  /** Null before Temporal was asked for the first time. */
  get reachable(): boolean | null {
    return this.#reachable;
  }

  get isFull(): boolean {
    return this.#open() >= this.#options.maxOpen;
  }

  /** Asks Temporal now and from then on at intervals, until stop(). */
  async start(): Promise<void> {
    await this.#ask();
    this.#watching = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  /** A start has failed because Temporal does not answer: nothing is let through until it does. */
  lost(reason: string): void {
    this.#setReachable(false, reason);
  }

  /** Resolves when an event could be let through; rejects with the signal's reason. */
  async whenOpen(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (performance.now() - this.#countedAtMs > WATCH_INTERVAL_MS || this.#isShut()) await this.#ask();
      if (!this.#isShut()) return;
      await sleep(this.#reachable === true ? WAIT_INTERVAL_MS : DOWN_INTERVAL_MS, undefined, { signal });
    }
  }

  /** Takes a place, waiting for one; rejects with the signal's reason. */
  async enter(signal: AbortSignal): Promise<Place> {
    for (;;) {
      await this.whenOpen(signal);
      // All who wait hear of an open gate at once: only looking and taking in one step keeps the limit.
      const place = this.tryEnter();
      if (place !== null) return place;
    }
  }

  /** Takes a place where there is one now, and Temporal answers. */
  tryEnter(): Place | null {
    return this.#isShut() ? null : this.#take();
  }

  /** As tryEnter; where it is full, by what is known here, Temporal is asked once more: for callers that do not wait. */
  async enterNow(): Promise<Place | null> {
    if (this.#reachable === true && this.isFull) await this.#ask();
    return this.tryEnter();
  }

  #take(): Place {
    this.#reserved += 1;
    let taken = true;
    const leave = (): boolean => {
      const was = taken;
      taken = false;
      if (was) this.#reserved -= 1;
      return was;
    };
    return {
      started: () => {
        if (leave()) this.#startedAtMs.push(performance.now());
      },
      free: () => void leave(),
    };
  }

  #isShut(): boolean {
    return this.#reachable !== true || this.isFull;
  }

  #open(): number {
    return this.#counted + this.#startedAtMs.length + this.#reserved;
  }

  /** One question at a time, however many wait for its answer. */
  #ask(): Promise<void> {
    this.#asking ??= this.#count().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #count(): Promise<void> {
    const { client, onOpen } = this.#options;
    const askedAtMs = performance.now();
    try {
      const { count } = await client.connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
        client.workflow.count(QUERY),
      );
      this.#counted = count;
      this.#countedAtMs = askedAtMs;
      this.#startedAtMs = this.#startedAtMs.filter((startedMs) => askedAtMs - startedMs < VISIBILITY_LAG_MS);
      this.#setReachable(true, '');
      onOpen?.(count);
    } catch (error) {
      this.#setReachable(false, error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error));
    }
  }

  #setReachable(reachable: boolean, reason: string): void {
    if (this.#reachable === reachable) return;
    const { logger } = this.#options;
    if (!reachable) logger.warning('bridge_temporal_lost', { message: reason });
    else if (this.#reachable === false) logger.info('bridge_temporal_back');
    this.#reachable = reachable;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      for (;;) {
        const intervalMs = this.#reachable === true ? WATCH_INTERVAL_MS : DOWN_INTERVAL_MS;
        await sleep(intervalMs, undefined, { signal, ref: false });
        await this.#ask();
      }
    } catch (error) {
      // An interval that stop() cuts short is the end of the watch, not a fault.
      if (!signal.aborted) throw error;
    }
  }
}
