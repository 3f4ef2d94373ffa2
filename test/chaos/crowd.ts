/** The jobs of a chaos run: so many at once, each drawn from the seed and its number. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Seeded } from '../support/seeded';
import { drawExport, startExport } from './export-job';
import { startIngest } from './ingest-job';
import type { JobContext, StartedJob } from './job';
import { startLoad } from './load-job';
import { startRestore } from './restore-job';
import type { World } from './world';

export interface CrowdOptions {
  readonly seed: number;
  /** At once. */
  readonly jobs: number;
  readonly say: (line: string) => void;
}

type JobKind = 'export' | 'ingest' | 'restore' | 'load';

/** One of each first, so that a short run has them all. */
const FIRST: readonly JobKind[] = ['export', 'export', 'ingest', 'restore', 'load'];
const LATER: readonly JobKind[] = [...Array.from({ length: 7 }, () => 'export' as const), 'ingest', 'restore', 'load'];
const POLL_MS = 200;

export class Crowd {
  readonly #started: StartedJob[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #problems: string[] = [];
  #isGivenUp = false;
  #count = 0;
  readonly kinds: Record<string, number> = {};
  readonly endings: Record<string, number> = {};

  constructor(
    private readonly options: CrowdOptions,
    private readonly world: World,
  ) {}

  async keepBusyUntil(isOver: () => boolean): Promise<void> {
    const lane = async (): Promise<void> => {
      while (!isOver()) {
        const job = await this.#startOne().catch((error: unknown) => {
          this.#problems.push(`a job could not be started: ${String(error)}`);
        });
        // The last ones go on beyond the end of the strikes: see drain().
        if (job !== undefined) await Promise.race([job.over, sleepUntil(isOver)]);
      }
    };
    await Promise.all(Array.from({ length: this.options.jobs }, lane));
  }

  /** Waits for what still runs. */
  async drain(limitMs: number): Promise<void> {
    this.options.say(`Waiting for ${this.#running.size} jobs`);
    const timer = new AbortController();
    const late = sleep(limitMs, undefined, { signal: timer.signal }).then(
      () => (this.#isGivenUp = true),
      () => false,
    );
    await Promise.race([Promise.all(this.#running), late]);
    await Promise.all(this.#running);
    timer.abort();
  }

  async check(): Promise<{ compared: number; bytes: number; problems: string[] }> {
    const sum = { compared: 0, bytes: 0, problems: [...this.#problems] };
    for (const job of this.#started) {
      try {
        const { compared, bytes, problems } = await job.check();
        sum.compared += compared;
        sum.bytes += bytes;
        sum.problems.push(...problems.map((problem) => `${job.name}: ${problem}`));
      } catch (error) {
        sum.problems.push(`${job.name}: could not be checked: ${String(error)}`);
      }
    }
    return sum;
  }

  async #startOne(): Promise<{ readonly over: Promise<void> }> {
    const { options, world } = this;
    const number = (this.#count += 1);
    const random = new Seeded(options.seed, `job ${number}`);
    const kind = this.#kindOf(number, random);
    const context: JobContext = {
      ...{ world, random, name: `${kind}-${number}` },
      isGivenUp: () => this.#isGivenUp,
    };
    const job = await this.#start(kind, context, number);
    this.#started.push(job);
    this.kinds[kind] = (this.kinds[kind] ?? 0) + 1;
    options.say(`${job.name}: started`);
    const over = job.over.then((how) => {
      options.say(`${job.name}: ${how}`);
      this.endings[how] = (this.endings[how] ?? 0) + 1;
      this.#running.delete(over);
    });
    this.#running.add(over);
    return { over };
  }

  #kindOf(number: number, random: Seeded): JobKind {
    const kind = FIRST[number - 1] ?? random.pick(LATER);
    return kind === 'load' && this.world.load === undefined ? 'export' : kind;
  }

  #start(kind: JobKind, context: JobContext, number: number): Promise<StartedJob> {
    const { load } = this.world;
    if (kind === 'ingest') return startIngest(context);
    if (kind === 'restore') return startRestore(context);
    if (kind === 'load' && load !== undefined) return startLoad(context, load);
    // The first two: one of each mode, whatever the seed.
    const publish = (['atomic', 'direct'] as const)[number - 1];
    return startExport(context, drawExport(context.random, publish));
  }
}

const sleepUntil = async (isOver: () => boolean): Promise<void> => {
  while (!isOver()) await sleep(POLL_MS);
};
