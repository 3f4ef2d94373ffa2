/** Durations as people write them on a command line. Pure. */
import { LonghaulError } from '../../../model/errors';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Longer than any schedule needs, short enough to stay exact. */
const MAX_DAYS = 3_650;

const isUnit = (text: string): text is keyof typeof UNIT_MS => Object.hasOwn(UNIT_MS, text);

/** `90s`, `5m`, `6h`, `1d` → milliseconds, above 0. Throws InvalidInput, which names the option. */
export const parseDuration = (name: string, text: string): number => {
  const [, digits = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = isUnit(unit) ? Number(digits) * UNIT_MS[unit] : 0;
  if (ms > 0 && ms <= MAX_DAYS * UNIT_MS.d) return ms;
  throw new LonghaulError(
    'InvalidInput',
    `${name}: expected a whole number above 0 with s, m, h or d, such as 90s, 5m, 6h or 1d, got "${text.slice(0, 40)}".`,
  );
};
