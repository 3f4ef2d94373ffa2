/** The dates of an export request, checked before anything is sent: the vendor's own messages are vague. */
import { LonghaulError } from '../model/errors';
import type { ExportRequest } from '../model/export-run';

const DAY_MS = 24 * 60 * 60_000;
/** The vendor's limits: at most 31 days, and no data before this day. */
const MAX_WINDOW_DAYS = 31;
const FIRST_DAY = '2025-08-01';

const dayMs = (name: string, text: string | undefined): number => {
  if (text === undefined) {
    throw new LonghaulError('InvalidInput', `A remediation export needs ${name} as YYYY-MM-DD`);
  }
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN;
  // Date.parse accepts 2026-02-30 in some forms: the round trip shows whether the day exists.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text) {
    throw new LonghaulError('InvalidInput', `${name} is not a day of the form YYYY-MM-DD: ${text.slice(0, 40)}`);
  }
  return ms;
};

/** Throws InvalidInput where a request has wrong, missing or needless dates. */
export const checkDates = ({ type, startDate, endDate }: ExportRequest): void => {
  if (type !== 'remediation') {
    if (startDate === undefined && endDate === undefined) return;
    throw new LonghaulError('InvalidInput', `startDate and endDate are for remediation exports, not for ${type}`);
  }
  const startMs = dayMs('startDate', startDate);
  const endMs = dayMs('endDate', endDate);
  if (endMs < startMs) throw new LonghaulError('InvalidInput', `endDate ${endDate} is before startDate ${startDate}`);
  if (startMs < Date.parse(FIRST_DAY)) {
    throw new LonghaulError('InvalidInput', `startDate ${startDate} is before ${FIRST_DAY}, the vendor's first day`);
  }
  const days = (endMs - startMs) / DAY_MS;
  if (days > MAX_WINDOW_DAYS) {
    throw new LonghaulError('InvalidInput', `The window of ${days} days is longer than ${MAX_WINDOW_DAYS} days`);
  }
};
