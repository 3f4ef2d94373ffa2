import { setImmediate as turn } from 'node:timers/promises';
import { together } from '../../../src/model/each-of';

describe('steps together', () => {
  it('throws the first error in their order, and only once all have ended', async () => {
    const ended: string[] = [];
    const step = (name: string, turns: number, fails: boolean) => async (): Promise<void> => {
      for (let n = 0; n < turns; n += 1) await turn();
      ended.push(name);
      if (fails) throw new Error(name);
    };
    const all = together(step('slow', 3, true), step('quick', 1, true), step('slowest', 5, false));
    await expect(all).rejects.toThrow('slow');
    expect(ended).toEqual(['quick', 'slow', 'slowest']);
  });
});
