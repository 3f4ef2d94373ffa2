/** The budget of bodies: order, bounds, reuse. */
import { MemoryBudget } from '../../../src/transfer/lib/memory-budget';

const MIB = 1024 * 1024;
const { signal } = new AbortController();

test('first come, first served: a small one does not pass a large one that waits', async () => {
  const budget = new MemoryBudget(100);
  const first = await budget.acquire(60, signal);
  const order: string[] = [];
  const large = budget.acquire(90, signal).then((lease) => (order.push('large'), lease));
  const small = budget.acquire(10, signal).then((lease) => (order.push('small'), lease));
  expect(budget.waiting).toBe(2);
  first.release();
  first.release();
  (await large).release();
  (await small).release();
  expect(order).toEqual(['large', 'small']);
  expect(budget.inUseBytes).toBe(0);
  expect(budget.peakBytes).toBe(100);
});

test('one that gives up lets those behind it through', async () => {
  const budget = new MemoryBudget(100);
  const first = await budget.acquire(50, signal);
  const controller = new AbortController();
  const large = budget.acquire(100, controller.signal);
  const small = budget.acquire(50, signal);
  controller.abort(new Error('gave up'));
  await expect(large).rejects.toThrow('gave up');
  (await small).release();
  first.release();
});

test('more than the total is granted alone', async () => {
  const budget = new MemoryBudget(10);
  const lease = await budget.acquire(25, signal);
  expect(lease.buffer).toHaveLength(25);
  lease.release();
});

test('large buffers are used again, discarded ones are not', async () => {
  const budget = new MemoryBudget(64 * MIB);
  const first = await budget.acquire(16 * MIB, signal);
  first.release();
  const second = await budget.acquire(15 * MIB, signal);
  expect(second.buffer.buffer).toBe(first.buffer.buffer);
  second.discard();
  const third = await budget.acquire(16 * MIB, signal);
  expect(third.buffer.buffer).not.toBe(first.buffer.buffer);
});
