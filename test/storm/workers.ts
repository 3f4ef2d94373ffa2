/** Temporal's part: attempts of an activity in processes that die, are told to stop, or are taken for dead and work on. */
import { LonghaulError, type ErrorCode } from '../../src/model/errors';
import { MemoryBudget, type TransferCheckpoint, type TransferControl } from '../../src/transfer';
import { isPatient, Life, live, settled } from './clock';
import { SECRETS } from './http-source-model';
import type { PlannedCrash } from './scenario';
import { isLaterPart } from './wire-messages';
import type { World } from './world';

/** With at most a handful of faults and crashes, more than these is an activity that never ends. */
const MAX_ATTEMPTS = 30;
/** A run of the largest scenario takes a few thousand events. */
const MAX_STEPS = 60_000;
/** Looks for something to happen while the SDK reads its files in real time. */
const MAX_PATIENCE = 500;
/** Events that a crash waits for a part to be on its way: there may be none any more. */
const MAX_WAIT_FOR_PART = 40;
const HEARTBEAT_TIMEOUT_MS = 10_000;
const RETRY_MS = 1_000;
const MAX_CHECKPOINT_BYTES = 1_024;

export class Cancelled extends Error {}
/** An activity has failed for good, with the code of the table. */
export class Failed extends Error {
  constructor(readonly error: LonghaulError) {
    super(error.message);
  }
}

/** What one attempt gets. */
export interface Attempt {
  readonly control: TransferControl;
  readonly memory: MemoryBudget;
  /** For the engine's own reports of failed tries. */
  readonly onRetry: (error: LonghaulError) => void;
}

export interface ActivityOptions {
  readonly name: string;
  /** Every failure is tried again, as publishing and taking back are. */
  readonly isForwardOnly?: boolean;
  /** But for these, which no patience changes. */
  readonly finalCodes?: readonly ErrorCode[];
  readonly canBeCancelled?: boolean;
  /** A process that is taken for dead may work on in it. */
  readonly mayLinger?: boolean;
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'crashed'; readonly crash: PlannedCrash };

export class Workers {
  private readonly crashes: PlannedCrash[];
  private stepsSinceCrash = 0;
  private steps = 0;
  private lifetimes = 0;
  private cancelAt: number | undefined;

  constructor(private readonly world: World) {
    this.crashes = [...world.scenario.crashes];
    this.cancelAt = world.scenario.cancelAfter;
  }

  /** Runs an activity to its end as Temporal does: again after every retryable failure, in another process. */
  async activity<T>(options: ActivityOptions, work: (attempt: Attempt) => Promise<T>): Promise<T> {
    const { world } = this;
    const scheduledAt = new Date(world.clock.nowMs);
    let checkpoint: TransferCheckpoint | undefined;
    for (let number = 1; number <= MAX_ATTEMPTS; number += 1) {
      const process = new Process(world, `${options.name} ${(this.lifetimes += 1)}`, {
        ...(checkpoint === undefined ? {} : { checkpoint }),
        ...(number === 1 ? {} : { repeatedSince: scheduledAt }),
      });
      const outcome = await this.drive(process, options, work);
      checkpoint = process.lastHeartbeat(outcome.kind === 'crashed' ? outcome.crash.lag : 0) ?? checkpoint;
      if (outcome.kind === 'done') {
        process.assertMemoryFree();
        return outcome.value;
      }
      if (outcome.kind === 'crashed') {
        if (options.name === 'open') world.uploadsNotTold(checkpoint?.uploadId);
        await this.pass(outcome.crash.kind === 'shutdown' ? RETRY_MS : HEARTBEAT_TIMEOUT_MS);
        continue;
      }
      process.assertMemoryFree();
      if (outcome.error instanceof Cancelled) throw outcome.error;
      const error = this.judged(process, outcome.error);
      const isFinal = options.isForwardOnly === true ? options.finalCodes?.includes(error.code) : !error.retryable;
      if (isFinal === true) throw new Failed(error);
      await this.pass(RETRY_MS);
    }
    world.violated('a transfer whose faults have passed succeeds', `${options.name} was tried ${MAX_ATTEMPTS} times`);
    world.assertUnbroken();
    throw new Error('unreachable');
  }

  /** Lets time go by; processes that linger, and packets on their way, use it. */
  async pass(delayMs: number): Promise<void> {
    const wait = { isOver: false };
    this.world.clock.schedule(delayMs, () => void (wait.isOver = true), undefined);
    while (!wait.isOver) await this.step();
  }

  /** Until nothing is left to happen. */
  async runOut(): Promise<void> {
    for (let left = MAX_STEPS; left > 0; left -= 1) {
      if (!this.world.clock.step()) return;
      await settled();
    }
  }

  private async drive<T>(
    process: Process,
    options: ActivityOptions,
    work: (attempt: Attempt) => Promise<T>,
  ): Promise<Outcome<T>> {
    let outcome: Outcome<T> | undefined;
    live(process.life, () => {
      work(process.attempt).then(
        (value) => (outcome = { kind: 'done', value }),
        (error: unknown) => (outcome = { kind: 'failed', error }),
      );
    });
    await settled();
    for (;;) {
      if (outcome !== undefined) return outcome;
      const crash = this.crashes[0];
      if (crash !== undefined && this.isMoment(crash)) {
        this.crashes.shift();
        this.stepsSinceCrash = 0;
        const shutDown = this.strike(process, crash, options);
        if (!shutDown) return { kind: 'crashed', crash };
        await settled();
        continue;
      }
      if (this.cancelAt !== undefined && this.steps >= this.cancelAt && options.canBeCancelled === true) {
        this.cancelAt = undefined;
        this.world.log(`${process.life.name}: cancelled`);
        process.abort.abort(new Cancelled('the run is cancelled'));
        await settled();
        continue;
      }
      await this.step(process);
    }
  }

  private isMoment({ afterSteps, isMidPart }: PlannedCrash): boolean {
    const waited = this.stepsSinceCrash - afterSteps;
    if (!isMidPart || waited >= MAX_WAIT_FOR_PART) return waited >= 0;
    return waited >= 0 && [...this.world.onTheWay].some(isLaterPart);
  }

  /** True: the process was only told to stop, and ends by itself. */
  private strike(process: Process, crash: PlannedCrash, { mayLinger }: ActivityOptions): boolean {
    if (crash.kind === 'shutdown') {
      this.world.log(`${process.life.name}: told to stop`);
      process.abort.abort(new LonghaulError('WorkerShutdown', 'the worker stops'));
      return true;
    }
    const kind = crash.kind === 'zombie' && mayLinger !== true ? 'kill' : crash.kind;
    this.world.crashed(process.life, kind, process.movedBytes);
    return false;
  }

  private async step(process?: Process): Promise<void> {
    const { world } = this;
    this.stepsSinceCrash += 1;
    this.steps += 1;
    let isMore = world.clock.step();
    for (let left = MAX_PATIENCE; left > 0 && !isMore && isPatient(); left -= 1) {
      await settled();
      isMore = world.clock.step();
    }
    if (!isMore || this.steps > MAX_STEPS) {
      world.violated(
        'a transfer never hangs',
        isMore ? `${this.steps} events` : `${process?.life.name} waits for nothing`,
      );
    }
    await settled();
    world.assertUnbroken();
  }

  private judged(process: Process, error: unknown): LonghaulError {
    const { world } = this;
    if (!(error instanceof LonghaulError) || error.code === 'Internal') {
      world.violated('errors are of the table', error instanceof Error ? String(error.stack) : String(error));
      world.assertUnbroken();
      throw error as Error;
    }
    process.judge(JSON.stringify([error.message, error.context]), 'an error');
    world.log(`${process.life.name}: ${error.code}: ${error.message}`);
    world.assertUnbroken();
    return error;
  }
}

class Process {
  readonly abort = new AbortController();
  readonly life: Life;
  readonly memory: MemoryBudget;
  readonly attempt: Attempt;
  private readonly checkpoints: TransferCheckpoint[] = [];
  private readonly partBytes: number;

  constructor(
    private readonly world: World,
    name: string,
    earlier: Partial<TransferControl>,
  ) {
    const { partSizeBytes, memoryParts } = world.scenario;
    this.partBytes = partSizeBytes;
    this.life = new Life(name, world);
    this.memory = new MemoryBudget(partSizeBytes * memoryParts);
    this.attempt = {
      memory: this.memory,
      onRetry: (error) => this.judge(JSON.stringify([error.message, error.context]), 'a log line'),
      control: {
        ...earlier,
        signal: this.abort.signal,
        onProgress: (checkpoint) => {
          if (!this.life.isAlive) return;
          const text = JSON.stringify(checkpoint);
          this.judge(text, 'a checkpoint');
          if (text.length > MAX_CHECKPOINT_BYTES)
            world.violated('memory within its bound', `a checkpoint of ${text.length} B`);
          this.checkpoints.push(JSON.parse(text) as TransferCheckpoint);
        },
      },
    };
  }

  get movedBytes(): number {
    return this.checkpoints.at(-1)?.bytes ?? 0;
  }

  lastHeartbeat(lag: number): TransferCheckpoint | undefined {
    return this.checkpoints.at(-1 - lag);
  }

  judge(text: string, what: string): void {
    if (SECRETS.test(text))
      this.world.violated('no secret in checkpoint, history or log', `${what} holds one: ${text}`);
  }

  assertMemoryFree(): void {
    const { totalBytes, peakBytes, inUseBytes } = this.memory;
    if (inUseBytes !== 0) this.world.violated('memory within its bound', `${inUseBytes} B were never given back`);
    if (peakBytes > Math.max(totalBytes, this.partBytes)) {
      this.world.violated('memory within its bound', `${peakBytes} B of ${totalBytes} B were in use`);
    }
    this.world.assertUnbroken();
  }
}
