/** Carries strikes out, on processes that the harness has started itself, through their own handles; and starts them again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggedProcess } from '../../src/dev/process';
import type { Stack } from '../../src/dev/stack';
import { until } from '../support/until';
import { steadily } from './steady';
import type { Strike } from './strikes';

export interface TargetsOptions {
  readonly stack: Stack;
  readonly workers: number;
  readonly startWorker: () => Promise<LoggedProcess>;
  readonly say: (line: string) => void;
}

/** Longer than a worker takes to start beside everything else. */
const READY_TIMEOUT_MS = 120_000;
/** Of a worker's log, in a problem. */
const MAX_OUTPUT = 3_000;

export class Targets {
  readonly #slots: (LoggedProcess | null)[];
  readonly #under: Promise<void>[] = [];
  #isOver = false;
  /** Strikes by target and signal: `worker SIGKILL`. */
  readonly counts: Record<string, number> = {};
  readonly problems: string[] = [];

  constructor(private readonly options: TargetsOptions) {
    this.#slots = Array.from({ length: options.workers }, () => null);
  }

  async start(): Promise<void> {
    await Promise.all(this.#slots.map((_, slot) => this.#fill(slot)));
  }

  /** SIGKILLs, of workers and servers. */
  get kills(): number {
    return Object.entries(this.counts).reduce((sum, [name, n]) => sum + (name.endsWith('SIGKILL') ? n : 0), 0);
  }

  /** Resolves when it has been carried out; what was struck comes back by itself. */
  async carryOut(strike: Strike): Promise<void> {
    if (strike.target === 'worker') await this.#strikeWorker(strike);
    else await this.#strikeServer(strike);
    const name = `${strike.target} ${strike.signal}`;
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  /** Resolves when all that was struck is back. No more strikes after this. */
  async settle(): Promise<void> {
    await Promise.all(this.#under);
  }

  /** Workers that are ended from now on are not replaced. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#slots.flatMap((worker) => (worker === null ? [] : [worker.stop()])));
  }

  async #strikeWorker({ signal, which, forMs }: Extract<Strike, { target: 'worker' }>): Promise<void> {
    const slot = await until(() => this.#readyFrom(Math.floor(which * this.#slots.length)), {
      what: 'a worker to strike',
      timeoutMs: READY_TIMEOUT_MS,
    });
    const worker = this.#slots[slot.index]!;
    // Not ready for another strike, and no surprise when it ends.
    this.#slots[slot.index] = null;
    this.options.say(
      `${signal} to ${worker.name} (pid ${worker.pid})${signal === 'SIGSTOP' ? `, for ${forMs} ms` : ''}`,
    );
    if (signal === 'SIGSTOP') {
      process.kill(worker.pid, 'SIGSTOP');
      this.#later(forMs, () => {
        process.kill(worker.pid, 'SIGCONT');
        this.#slots[slot.index] = worker;
        this.options.say(`SIGCONT to ${worker.name}`);
        return Promise.resolve();
      });
      return;
    }
    // A worker that hands over takes its time; the strikes go on meanwhile.
    const gone = signal === 'SIGKILL' ? worker.kill() : worker.stop();
    this.#under.push(gone.then(() => sleep(forMs)).then(() => this.#fill(slot.index)));
  }

  async #strikeServer({ target, forMs }: Extract<Strike, { target: 's3' | 'temporal' }>): Promise<void> {
    const server = this.options.stack[target];
    this.options.say(`SIGKILL to ${target} (pid ${server.pid}), away for ${forMs} ms`);
    await server.kill();
    await sleep(forMs);
    // A start that meets a busy machine may take too long once.
    await steadily(() => server.restart());
  }

  #readyFrom(first: number): { index: number } | null {
    for (let n = 0; n < this.#slots.length; n += 1) {
      const index = (first + n) % this.#slots.length;
      if (this.#slots[index] != null) return { index };
    }
    return null;
  }

  #later(afterMs: number, work: () => Promise<void>): void {
    this.#under.push(sleep(afterMs).then(work));
  }

  async #fill(slot: number): Promise<void> {
    // It cannot start while Temporal is away.
    const worker = await steadily(() => this.options.startWorker());
    this.#slots[slot] = worker;
    const readyMs = performance.now();
    void worker.exited.then(({ code, signal }) => {
      if (this.#isOver || this.#slots[slot] !== worker) return;
      this.#slots[slot] = null;
      const lived = `${worker.name} ended by itself after ${Math.round(performance.now() - readyMs)} ms`;
      // Whatever its exit code: a worker that is ready outlives its servers. One that cannot start does not get this far.
      this.problems.push(`${lived} (${signal ?? code}): ${worker.recentOutput().slice(-MAX_OUTPUT)}`);
      this.#later(0, () => this.#fill(slot));
    });
  }
}
