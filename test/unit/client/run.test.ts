import { asOf } from '../../../src/client/lib/run/find';
import { emptyTotals } from '../../../src/model/records';
import { progressOf } from './progress';

it('the rate of a run that moves nothing falls', () => {
  const moving = progressOf({
    stage: 'transferring',
    startedAt: '2026-01-31T09:30:00.000Z',
    elapsedMs: 20_000,
    totals: { ...emptyTotals(), bytes: 10_000 },
    bytesPerSec: 1_000,
  });
  const halfAMinuteLater = asOf(moving, Date.parse('2026-01-31T09:30:50Z'));
  expect(halfAMinuteLater.bytesPerSec).toBe(250);
  expect(asOf({ ...moving, stage: 'publishing' }, Date.parse('2026-01-31T09:30:50Z')).bytesPerSec).toBe(1_000);
});

it('the clock of a run that stands still goes on: elapsed grows, what is left shrinks, until there is no telling', () => {
  const progress = progressOf({ startedAt: '2026-01-31T09:30:00.000Z', elapsedMs: 65_000, etaMs: 195_000 });
  const at = (time: string) => asOf(progress, Date.parse(`2026-01-31T${time}Z`));
  expect(at('09:31:25')).toMatchObject({ elapsedMs: 85_000, etaMs: 175_000 });
  expect(at('09:40:00')).toMatchObject({ elapsedMs: 600_000, etaMs: null });
  // A machine whose clock is behind that of the server.
  expect(at('09:29:00')).toMatchObject({ elapsedMs: 65_000, etaMs: 195_000 });
});
