import type { ExportRequest } from '../../../src/model/export-run';
import { checkDates } from '../../../src/providers/remediation-window';

const window = (startDate?: string, endDate?: string): ExportRequest => ({
  type: 'remediation',
  ...(startDate === undefined ? {} : { startDate }),
  ...(endDate === undefined ? {} : { endDate }),
});

test.each([
  ['the example of the vendor', window('2026-08-03', '2026-08-24')],
  ['one day', window('2025-08-01', '2025-08-01')],
  ['31 days', window('2026-07-01', '2026-08-01')],
  ['no dates for a snapshot', { type: 'policy' } as const],
])('%s is accepted', (_name, request) => {
  expect(() => checkDates(request)).not.toThrow();
});

test.each([
  ['32 days', window('2026-07-01', '2026-08-02'), /32 days/],
  ['the wrong order', window('2026-08-24', '2026-08-03'), /before startDate/],
  ['before the first day', window('2025-07-31', '2025-08-02'), /2025-07-31 is before 2025-08-01/],
  ['no start', window(undefined, '2026-08-24'), /needs startDate/],
  ['no end', window('2026-08-24'), /needs endDate/],
  ['a day that does not exist', window('2026-02-30', '2026-03-01'), /startDate is not a day/],
  ['another form', window('03/08/2026', '2026-08-24'), /startDate is not a day/],
  ['a time', window('2026-08-03T00:00:00Z', '2026-08-24'), /startDate is not a day/],
  ['dates for a snapshot', { type: 'policy', startDate: '2026-08-03' } as const, /not for policy/],
])('%s is refused', (_name, request, message) => {
  expect(() => checkDates(request)).toThrow(expect.objectContaining({ code: 'InvalidInput' }) as Error);
  expect(() => checkDates(request)).toThrow(message);
});
