/**
 * A chaos run: jobs go on side by side while their workers, the S3 server and the Temporal server are killed and their
 * connections break; then everything is healed, the jobs are waited for, and the books are checked.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultKind } from '../support/fault-proxy';
import { Seeded } from '../support/seeded';
import { Crowd } from './crowd';
import { strikes } from './strikes';
import { startWorld, type World } from './world';

export interface ChaosOptions {
  readonly seed: number;
  /** How long strikes and faults go on. */
  readonly durationMs: number;
  readonly workers: number;
  /** Jobs at once. */
  readonly jobs: number;
  /** Of a hundred requests on connections to S3 and to sources, how many go wrong. */
  readonly faultPercent: number;
  /** How long jobs may take to end once everything is healed; what runs then counts as lost. */
  readonly drainMs: number;
  readonly say: (line: string) => void;
  /** Ends the strikes early; the books are checked all the same. */
  readonly signal?: AbortSignal;
}

export interface ChaosResult {
  readonly seed: number;
  readonly seconds: number;
  /** SIGKILLs, of workers and servers. */
  readonly kills: number;
  /** By target and signal. */
  readonly strikes: Readonly<Record<string, number>>;
  /** Faults of connections, by kind. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** Runs by kind: `export`, `ingest`. */
  readonly jobs: Readonly<Record<string, number>>;
  /** How they ended. */
  readonly endings: Readonly<Record<string, number>>;
  readonly compared: number;
  readonly bytes: number;
  /** What was lost, left or touched; nothing where all is well. */
  readonly problems: readonly string[];
}

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, say, workers, faultPercent, durationMs } = options;
  const startedMs = performance.now();
  const faults: Partial<Record<FaultKind, number>> = {};
  const world = await startWorld({ seed, percent: faultPercent, say, counts: faults, workers });
  try {
    say(`Seed ${seed}: ${workers} workers, ${options.jobs} jobs at once, for ${durationMs / 1000} s`);
    const crowd = new Crowd(options, world);
    const endMs = performance.now() + durationMs;
    const isOver = (): boolean => performance.now() > endMs || options.signal?.aborted === true;
    await Promise.all([strikeUntil(world, seed, isOver), crowd.keepBusyUntil(isOver)]);
    say('Healing: no more strikes and faults');
    world.heal();
    await world.targets.settle();
    await crowd.drain(options.drainMs);
    say('Checking the books');
    const books = await crowd.check();
    return {
      ...{ seed, seconds: Math.round((performance.now() - startedMs) / 1000), kills: world.targets.kills },
      ...{ strikes: world.targets.counts, faults, jobs: crowd.kinds, endings: crowd.endings },
      ...books,
      problems: [...world.targets.problems, ...books.problems],
    };
  } finally {
    await world.stop();
  }
}

async function strikeUntil({ targets }: World, seed: number, isOver: () => boolean): Promise<void> {
  const plan = strikes(new Seeded(seed, 'strikes'));
  for (;;) {
    const { afterMs, strike } = plan.next().value;
    await sleep(afterMs);
    if (isOver()) return;
    await targets.carryOut(strike);
  }
}
