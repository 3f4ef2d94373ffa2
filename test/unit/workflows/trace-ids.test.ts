import { randomUUID } from 'node:crypto';
import { isAmong, readContext, spanIdOf, traceIdOf, writeContext } from '../../../src/workflows/lib/trace-ids';

it('ids are of the right form, always the same for the same text, and differ for texts that hardly do', () => {
  const run = '0199a3b2-7c00-7000-8000-000000000000';
  expect(traceIdOf(run)).toMatch(/^[0-9a-f]{32}$/);
  expect(traceIdOf(run)).toBe(traceIdOf(run));
  const spans = new Set<string>();
  for (let at = 0; at < 100_000; at += 1) spans.add(spanIdOf(`${run} ${at}`));
  expect(spans.size).toBe(100_000);
});

it('as many traces are kept as the ratio says', () => {
  const ids = Array.from({ length: 20_000 }, () => traceIdOf(randomUUID()));
  for (const ratio of [0, 0.01, 0.5, 1]) {
    const kept = ids.filter((id) => isAmong(id, ratio)).length / ids.length;
    expect(Math.abs(kept - ratio)).toBeLessThan(0.02);
  }
  expect(ids.every((id) => isAmong(id, 1))).toBe(true);
  expect(ids.some((id) => isAmong(id, 0))).toBe(false);
});

it('contexts travel as W3C says, and what is none counts as none', () => {
  const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true, state: 'vendor=1' };
  expect(readContext(writeContext(context))).toEqual(context);
  expect(writeContext({ ...context, isSampled: false })['traceparent']).toMatch(/-00$/);
  for (const wrong of [
    null,
    'x',
    {},
    { traceparent: 7 },
    { traceparent: '00-aa-bb-01' },
    { traceparent: `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
  ])
    expect(readContext(wrong)).toBeUndefined();
});
