/** Dates and times as Postgres reads them, from counts since 1970. UTC, proleptic Gregorian, as Parquet counts them. */
import type { RowWriter } from '../row-writer';

const SECONDS_PER_DAY = 86_400;
const DAYS_PER_ERA = 146_097;
/** From 0000-03-01 to 1970-01-01. */
const DAYS_TO_EPOCH = 719_468;

/** `2024-02-29`, `0044-03-15 BC`. The algorithm is "civil from days" (H. Hinnant, chrono-compatible date algorithms). */
export function dateText(days: number): { readonly text: string; readonly isBc: boolean } {
  const shifted = days + DAYS_TO_EPOCH;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const ofEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const isBc = year <= 0;
  const shownYear = String(isBc ? 1 - year : year).padStart(4, '0');
  return { text: `${shownYear}-${two(month)}-${two(day)}`, isBc };
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** `03:04:05.000123`, with as many digits as the unit has, or none where they are zero. */
export function timeText(secondOfDay: number, fraction: number, digits: number): string {
  const hours = Math.floor(secondOfDay / 3_600);
  const minutes = Math.floor(secondOfDay / 60) % 60;
  const text = `${two(hours)}:${two(minutes)}:${two(secondOfDay % 60)}`;
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(digits, '0')}`;
}

export function timestampText(count: bigint | number, digits: 3 | 6 | 9, zone: string): string {
  const unit = 10 ** digits;
  const [seconds, fraction] = divide(count, unit);
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const date = dateText(days);
  const time = timeText(seconds - days * SECONDS_PER_DAY, fraction, digits);
  return `${date.text} ${time}${zone}${date.isBc ? ' BC' : ''}`;
}

/** Whole units and the rest, rounded down. */
export function divide(count: bigint | number, unit: number): readonly [number, number] {
  const value = Number(count);
  if (Number.isSafeInteger(value)) {
    const whole = Math.floor(value / unit);
    return [whole, value - whole * unit];
  }
  const big = BigInt(count);
  const rest = ((big % BigInt(unit)) + BigInt(unit)) % BigInt(unit);
  return [Number((big - rest) / BigInt(unit)), Number(rest)];
}

const ZERO = 48;

/** The same as dateText and timestampText, without a string in the common years: ten times as fast. */
export class TimeWriter {
  private lastDay = Number.NaN;
  private readonly date = Buffer.alloc(10);
  private isCommon = false;

  /** `digits`: 3, 6 or 9 of a second in `count`. */
  timestamp(count: bigint | number, digits: 3 | 6 | 9, zone: string, out: RowWriter): void {
    const [seconds, fraction] = divide(count, 10 ** digits);
    const day = Math.floor(seconds / SECONDS_PER_DAY);
    if (!this.isOf(day)) {
      out.ascii(timestampText(count, digits, zone));
      return;
    }
    out.reserve(48);
    out.raw(this.date, 0, 10);
    const { buffer } = out;
    let at = out.length;
    const second = seconds - day * SECONDS_PER_DAY;
    buffer[at++] = 32;
    at = pair(buffer, at, Math.floor(second / 3_600));
    buffer[at++] = 58;
    at = pair(buffer, at, Math.floor(second / 60) % 60);
    buffer[at++] = 58;
    at = pair(buffer, at, second % 60);
    if (fraction > 0) {
      buffer[at++] = 46;
      let rest = fraction;
      for (let place = at + digits - 1; place >= at; place -= 1) {
        buffer[place] = ZERO + (rest % 10);
        rest = Math.floor(rest / 10);
      }
      at += digits;
    }
    for (let n = 0; n < zone.length; n += 1) buffer[at++] = zone.charCodeAt(n);
    out.length = at;
  }

  day(days: number, out: RowWriter): void {
    if (this.isOf(days)) out.raw(this.date, 0, 10);
    else {
      const { text, isBc } = dateText(days);
      out.ascii(isBc ? `${text} BC` : text);
    }
  }

  /** Days repeat from row to row. */
  private isOf(day: number): boolean {
    if (day === this.lastDay) return this.isCommon;
    const { text, isBc } = dateText(day);
    this.lastDay = day;
    this.isCommon = !isBc && text.length === 10;
    if (this.isCommon) this.date.write(text, 'latin1');
    return this.isCommon;
  }
}

function pair(buffer: Buffer, at: number, value: number): number {
  const tens = (value / 10) | 0;
  buffer[at] = ZERO + tens;
  buffer[at + 1] = ZERO + value - tens * 10;
  return at + 2;
}
