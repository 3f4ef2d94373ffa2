/** What is killed when: a sequence that follows from the seed alone. */
import type { Seeded } from '../support/seeded';

export type Strike =
  | {
      readonly target: 'worker';
      /** SIGKILL: gone at once. SIGTERM: hands over. SIGSTOP: frozen, and awake again after `forMs`, with its work given away. */
      readonly signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP';
      /** Which of the workers, from 0 to 1. */
      readonly which: number;
      /** How long it stays away, or frozen. */
      readonly forMs: number;
    }
  | { readonly target: 's3' | 'temporal'; readonly signal: 'SIGKILL'; readonly forMs: number };

export interface TimedStrike {
  /** After the one before it. */
  readonly afterMs: number;
  readonly strike: Strike;
}

/** Shares of a hundred. Whole servers go down less often than workers, because everything waits for them. */
const SHARES: readonly (readonly [number, Strike['target'], Strike['signal']])[] = [
  [42, 'worker', 'SIGKILL'],
  [9, 'worker', 'SIGTERM'],
  [9, 'worker', 'SIGSTOP'],
  [20, 's3', 'SIGKILL'],
  [20, 'temporal', 'SIGKILL'],
];
const MIN_GAP_MS = 2_000;
const MAX_GAP_MS = 6_000;
const MAX_AWAY_MS = 4_000;
/** On both sides of the heartbeat timeout (10 s): some wake up to find their work done by another. */
const MAX_FROZEN_MS = 20_000;

/** The first strikes meet each target once, so that a short run has them all. */
const FIRST = [0, 3, 4, 2, 1];

export function* strikes(random: Seeded): Generator<TimedStrike, never> {
  for (let n = 0; ; n += 1) {
    const afterMs = random.int(MIN_GAP_MS, MAX_GAP_MS);
    const [, target, signal] = SHARES[FIRST[n] ?? drawn(random)]!;
    const which = random.next();
    const forMs = random.int(0, signal === 'SIGSTOP' ? MAX_FROZEN_MS : MAX_AWAY_MS);
    yield {
      afterMs,
      strike: target === 'worker' ? { target, signal, which, forMs } : { target, signal: 'SIGKILL', forMs },
    };
  }
}

function drawn(random: Seeded): number {
  let left = random.next() * SHARES.reduce((sum, [share]) => sum + share, 0);
  return SHARES.findIndex(([share]) => (left -= share) < 0);
}
