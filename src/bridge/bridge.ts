/** The role `bridge`: everything that takes events in, behind one gate, with one end. */
import type { Client } from '@temporalio/client';
import { createRequire } from 'node:module';
import type { BridgeConfig } from '../config/bridge';
import type { EventMetrics } from '../ops/event-metrics';
import type { Logger } from '../ops/logging';
import { createDeadLetterQueue } from './create-dlq';
import type { DlqReader } from './dlq-letter';
import { type EndSignals, MessageHandler } from './handle-message';
import { type HttpEvents, startHttpEvents } from './http-events';
import type * as PubsubModule from './pubsub-consumer';
import type * as SqsModule from './sqs-consumer';
import { StartGate } from './start-gate';
import type { DeadLetterQueue, QueueConsumer } from './types';

export interface BridgeOptions {
  readonly config: BridgeConfig;
  readonly client: Client;
  /** The client's connection is that of a worker of this process which moves objects: it may get what is started at once. */
  readonly isEager?: boolean;
  readonly logger: Logger;
  readonly metrics: EventMetrics;
}

export interface Bridge {
  /** What it reads, for the logs. */
  readonly inputs: readonly string[];
  /** True while Temporal answers and nothing is wrong with what it reads. A bridge that waits for transfers to end is ready. */
  isReady(): boolean;
  /** Takes nothing new, ends what is in hand or gives it back, within the drain time. Once; later calls wait for the first. */
  stop(): Promise<void>;
}

const load = createRequire(__filename);

/** How often the dead-letter queue is asked how much is in it. */
const DEPTH_INTERVAL_MS = 30_000;

class RunningBridge implements Bridge {
  readonly #options: BridgeOptions;
  readonly #gate: StartGate;
  readonly #stopping = new AbortController();
  readonly #abandon = new AbortController();
  readonly #dlq: (DeadLetterQueue & DlqReader) | null;
  #consumers: readonly QueueConsumer[] = [];
  #http: HttpEvents | null = null;
  #depthTimer: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | null = null;

  constructor(options: BridgeOptions) {
    const { client, config, logger, metrics } = options;
    this.#options = options;
    this.#gate = new StartGate({
      client,
      logger,
      maxOpen: config.maxOpenTransfers,
      onOpen: (transfers) => metrics.setOpen(transfers),
    });
    this.#dlq = config.deadLetter === null ? null : createDeadLetterQueue(config.deadLetter);
  }

  get inputs(): readonly string[] {
    const http = this.#http === null ? [] : [`http://${this.#http.address}/events`];
    return [...this.#consumers.map(({ display }) => display), ...http];
  }

  isReady(): boolean {
    if (this.#stopping.signal.aborted || this.#gate.reachable !== true) return false;
    return this.#consumers.every(({ fault }) => fault === null);
  }

  async start(): Promise<void> {
    const { client, config, logger, metrics } = this.#options;
    const { http, deadLetter } = config;
    await this.#gate.start();
    this.#consumers = this.#createConsumers();
    if (http !== null) {
      const target = deadLetter?.target ?? null;
      this.#http = await startHttpEvents({ ...http, client, gate: this.#gate, deadLetter: target, logger, metrics });
    }
    for (const consumer of this.#consumers) consumer.start();
    this.#measureDepth();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    const timer = setTimeout(() => this.#abandon.abort(), this.#options.config.drainMs);
    clearInterval(this.#depthTimer);
    await Promise.all([...this.#consumers.map((consumer) => consumer.stop()), this.#http?.stop(this.#abandon.signal)]);
    await this.#gate.stop();
    await this.#dlq?.close();
    clearTimeout(timer);
  }

  /** The clients are loaded where they are used: each takes tens of MiB. */
  #createConsumers(): QueueConsumer[] {
    const { client, config, isEager = false, logger, metrics } = this.#options;
    const { sqs, pubsub, deadLetter, visibilityTimeoutMs, drainMs } = config;
    // The settings make sure that there is one where a queue is read.
    if (this.#dlq === null || deadLetter === null) return [];
    const end: EndSignals = { stopping: this.#stopping.signal, abandon: this.#abandon.signal };
    const gate = this.#gate;
    const handler = new MessageHandler({
      client,
      gate,
      dlq: this.#dlq,
      deadLetter: deadLetter.target,
      isEager,
      logger,
      metrics,
    });
    const consumers: QueueConsumer[] = [];
    if (sqs !== null) {
      const { SqsConsumer } = load('./sqs-consumer') as typeof SqsModule;
      consumers.push(new SqsConsumer({ ...sqs, visibilityTimeoutMs, handler, gate, logger, end }));
    }
    if (pubsub !== null) {
      const { PubsubConsumer } = load('./pubsub-consumer') as typeof PubsubModule;
      consumers.push(new PubsubConsumer({ ...pubsub, visibilityTimeoutMs, drainMs, handler, gate, logger, end }));
    }
    return consumers;
  }

  #measureDepth(): void {
    const dlq = this.#dlq;
    if (dlq === null) return;
    const { logger, metrics } = this.#options;
    let isKnown = true;
    const measure = async (): Promise<void> => {
      try {
        const messages = await dlq.depth();
        if (messages !== null) metrics.setDlqDepth(messages, dlq.kind);
        isKnown = true;
      } catch (error) {
        // A gauge is not worth a line every half minute: the permission for it may be left out on purpose.
        if (isKnown) logger.warning('bridge_dlq_depth_unknown', { error });
        isKnown = false;
      }
    };
    void measure();
    this.#depthTimer = setInterval(() => void measure(), DEPTH_INTERVAL_MS).unref();
  }
}

/**
 * Starts taking events in. Queues that cannot be read are no reason to throw: they are tried until they can.
 * Throws PortInUse or ConfigInvalid where the HTTP address cannot be bound.
 */
export const startBridge = async (options: BridgeOptions): Promise<Bridge> => {
  const bridge = new RunningBridge(options);
  try {
    await bridge.start();
  } catch (error) {
    await bridge.stop();
    throw error;
  }
  return bridge;
};
