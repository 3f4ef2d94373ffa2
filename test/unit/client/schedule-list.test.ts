/** The list of schedules asks for the last run of each: not for all at once, and one that cannot be had spoils nothing. */
import type { Client } from '@temporalio/client';
import { mapBounded, outcomeOf } from '../../../src/client/lib/schedule/list';

it('asks for a few at a time and keeps the order', async () => {
  let running = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const work = async (n: number): Promise<number> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => waiting.push(resolve));
    running -= 1;
    return n * 10;
  };
  const all = mapBounded([1, 2, 3, 4, 5, 6, 7], 3, work);
  for (let done = 0; done < 7; done += 1) {
    // The newest first, so that they end in another order than they began.
    waiting.pop()?.();
    await new Promise(setImmediate);
  }
  expect(await all).toEqual([10, 20, 30, 40, 50, 60, 70]);
  expect(most).toBe(3);
});

it('has nothing to do where there is no schedule', async () => {
  expect(await mapBounded([], 3, () => Promise.reject(new Error('never called')))).toEqual([]);
});

it('each question has a deadline of its own, and says why it has no answer', async () => {
  const deadlines: number[] = [];
  const client = {
    connection: {
      withDeadline: (deadline: number, ask: () => Promise<unknown>) => {
        deadlines.push(deadline - Date.now());
        return ask();
      },
    },
    workflow: { getHandle: () => ({ describe: () => Promise.reject(new Error('14 UNAVAILABLE: gone fishing')) }) },
  } as unknown as Client;
  expect(await outcomeOf(client, 'run')).toMatch(/^unknown: .*gone fishing/);
  expect(await outcomeOf(client, 'run')).toMatch(/^unknown: /);
  expect(deadlines).toHaveLength(2);
  for (const deadline of deadlines) expect(deadline).toBeGreaterThan(9_000);
});
