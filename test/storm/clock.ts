/**
 * Virtual time. Timers, dates, random delays: all of them come from here while a run lasts, so that a run takes milliseconds
 * and its seed alone decides what happens. One event is run at a time; whatever it sets off in promises is over before the next,
 * so between two events lies every point at which the engine waits for something.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** One process: what it has started ends with it. Answers and timers of a dead one reach nobody. */
export class Life {
  isAlive = true;
  constructor(
    readonly name: string,
    readonly world: unknown,
  ) {}
}

const lives = new AsyncLocalStorage<Life>();
export const currentLife = (): Life | undefined => lives.getStore();
export const live = <T>(life: Life, work: () => T): T => lives.run(life, work);

export interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly life: Life | undefined;
  readonly run: () => void;
  isCancelled: boolean;
}

/** 2026-03-01T00:00:00Z: any whole second will do. */
const EPOCH_MS = Date.UTC(2026, 2, 1);

/** Mulberry32: small, quick, and good enough to shuffle with. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class Clock {
  elapsedMs = 0;
  readonly random: () => number;
  private order = 0;
  /** Latest first: the next event is taken from the end. */
  private readonly events: Scheduled[] = [];

  constructor(seed: number) {
    this.random = randomOf(seed);
  }

  get nowMs(): number {
    return EPOCH_MS + this.elapsedMs;
  }

  /** `life` undefined: happens whoever has died, as packets do that are on their way. So it has no default. */
  schedule(delayMs: number, run: () => void, life: Life | undefined): Scheduled {
    const atMs = this.elapsedMs + Math.max(0, Number.isFinite(delayMs) ? delayMs : 1);
    const event: Scheduled = { atMs, order: (this.order += 1), life, run, isCancelled: false };
    let index = this.events.length;
    while (index > 0 && this.events[index - 1]!.atMs <= atMs) index -= 1;
    this.events.splice(index, 0, event);
    return event;
  }

  /** Runs the next event; false where there is none. */
  step(): boolean {
    for (;;) {
      const event = this.events.pop();
      if (event === undefined) return false;
      if (event.isCancelled || event.life?.isAlive === false) continue;
      this.elapsedMs = Math.max(this.elapsedMs, event.atMs);
      if (event.life === undefined) event.run();
      else lives.run(event.life, event.run);
      return true;
    }
  }
}

const real = {
  setImmediate,
  Date,
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  random: Math.random.bind(Math),
  now: performance.now.bind(performance),
  timeout: AbortSignal.timeout.bind(AbortSignal),
};

export const realNowMs = real.now;

let patienceMs = 0;

/** For the first run of a process: the AWS SDK reads files then, in real time. */
export const bePatient = (delayMs: number): void => void (patienceMs = delayMs);

export const isPatient = (): boolean => patienceMs > 0;

/** Resolves when all promises and ticks that the last event has set off are through. */
export const settled = (): Promise<void> =>
  new Promise((resolve) => {
    if (patienceMs === 0) real.setImmediate(resolve);
    else real.setTimeout(resolve, patienceMs);
  });

/** Replaces the process's timers, date and random numbers by those of `clock`, until the function returned is called. */
export function useClock(clock: Clock): () => void {
  const handle = (event: Scheduled): object =>
    Object.assign(event, { unref: () => event, ref: () => event, hasRef: () => true });
  const cancel = (event: Scheduled | undefined): void => {
    if (event !== undefined) event.isCancelled = true;
  };
  const after = (run: (...args: unknown[]) => void, delayMs = 1, ...args: unknown[]): object =>
    handle(clock.schedule(Math.max(1, delayMs), () => run(...args), currentLife()));
  const every = (run: () => void, delayMs = 1): object => {
    const timer = { isCancelled: false };
    const next = (): void => {
      if (timer.isCancelled) return;
      const tick = (): void => {
        if (timer.isCancelled) return;
        next();
        run();
      };
      clock.schedule(Math.max(1, delayMs), tick, currentLife());
    };
    next();
    return Object.assign(timer, { unref: () => timer, ref: () => timer });
  };
  class VirtualDate extends real.Date {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [clock.nowMs] : args) as [number]));
    }
    static override now = (): number => clock.nowMs;
  }
  Object.assign(globalThis, { setTimeout: after, clearTimeout: cancel, setInterval: every, clearInterval: cancel });
  globalThis.Date = VirtualDate as DateConstructor;
  Math.random = clock.random;
  performance.now = () => clock.elapsedMs;
  AbortSignal.timeout = (delayMs) => {
    const controller = new AbortController();
    const timedOut = (): void => controller.abort(new DOMException('timed out', 'TimeoutError'));
    clock.schedule(delayMs, timedOut, currentLife());
    return controller.signal;
  };
  return () => {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = real;
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval, Date: real.Date });
    Math.random = real.random;
    performance.now = real.now;
    AbortSignal.timeout = real.timeout;
  };
}
