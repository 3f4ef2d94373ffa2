/**
 * Lets as many parts at once be on their way as the controller says, also where it has just taken lanes away: who tries again waits
 * then until another one has come through. Who waits here has the memory for its part already, and who is through needs none, so
 * that nobody waits for what somebody waiting holds.
 */
import { LonghaulError, type ErrorCode } from '../../model/errors';
import { asError } from './abort';
import type { LaneController } from './lane-controller';
import type { LaneCount } from './lanes';
import type { Attempt } from './retry';

const THROTTLES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['SourceThrottled', 'DestinationThrottled']);
/** S3 gives up a body that comes too slowly (RequestTimeout, status 400; 408 elsewhere): too many share the line. */
const SLOW_BODY_STATUSES: ReadonlySet<number> = new Set([400, 408]);

/** Says that there should be fewer requests at once. */
const isThrottle = (error: unknown): boolean => {
  if (!(error instanceof LonghaulError)) return false;
  if (THROTTLES.has(error.code)) return true;
  const { httpStatus } = error.context;
  return error.code === 'DestinationUnavailable' && httpStatus !== undefined && SLOW_BODY_STATUSES.has(httpStatus);
};

export class LaneGate implements LaneCount {
  onMore?: () => void;
  private through = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly controller: LaneController) {}

  get lanes(): number {
    return this.controller.lanes;
  }

  /** For one part. */
  pass(signal: AbortSignal): LanePass {
    return new LanePass(this, signal);
  }

  /** A part has arrived. */
  arrived(bytes: number, left: number): void {
    this.controller.arrived(bytes, left);
    this.serve();
    this.onMore?.();
  }

  throttled(beganAtMs: number): void {
    this.controller.throttled(beganAtMs);
  }

  get isCrowded(): boolean {
    return this.through > this.lanes;
  }

  async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.through < this.lanes && this.waiting.length === 0) {
      this.through += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const onTurn = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(onTurn), 1);
        reject(asError(signal.reason));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiting.push(onTurn);
    });
  }

  leave(): void {
    this.through -= 1;
    this.serve();
  }

  private serve(): void {
    while (this.through < this.lanes) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.through += 1;
      next();
    }
  }
}

/** The right of one part to be on its way. */
export class LanePass {
  private isThrough = false;

  constructor(
    private readonly gate: LaneGate,
    private readonly signal: AbortSignal,
  ) {}

  async enter(): Promise<void> {
    await this.gate.enter(this.signal);
    this.isThrough = true;
  }

  /** Idempotent. */
  leave(): void {
    if (!this.isThrough) return;
    this.isThrough = false;
    this.gate.leave();
  }

  /** One try of a request. A refusal for being too much is told to the controller; the next try waits for its turn. */
  async attempt<T>(attempt: Attempt, work: (attempt: Attempt) => Promise<T>): Promise<T> {
    if (this.gate.isCrowded) {
      this.leave();
      await this.enter();
      // Others have come through meanwhile: its time without progress was not the other side's.
      attempt.progressed();
    }
    const beganAtMs = performance.now();
    try {
      return await work(attempt);
    } catch (error) {
      if (isThrottle(error)) this.gate.throttled(beganAtMs);
      throw error;
    }
  }
}
