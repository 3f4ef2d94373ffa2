/** Workers in processes of their own, as `longhaul dev` and the crash tests start them. */
import type { Stack } from '../../src/dev/stack';
import { ownStack } from '../support/shared-stack';

describe('workers of the embedded stack', () => {
  let stack: Stack | undefined;
  beforeAll(async () => {
    stack = await ownStack();
  });
  afterAll(() => stack?.stop());

  it('are ready when they poll, and are described until they are gone, killed or stopped', async () => {
    const [first, second] = await Promise.all([stack!.startWorker(), stack!.startWorker({ roles: ['transfer'] })]);
    expect(stack!.describe().pids).toMatchObject({ worker: first.pid, 'worker-2': second.pid });
    expect(second.output()).toContain('"event":"worker_ready"');
    await first.kill();
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await second.stop();
    expect(await second.exited).toEqual({ code: 0, signal: null });
    expect(Object.keys(stack!.describe().pids)).toEqual(['dev', 'temporal', 's3']);
  });

  it('say why they ended when they cannot start', async () => {
    const start = stack!.startWorker({ namespace: 'nowhere' });
    await expect(start).rejects.toThrow(/worker-3 ended before it was ready \(exit code \d+\): .*nowhere/s);
    expect(stack!.workers).toEqual([]);
  });
});
