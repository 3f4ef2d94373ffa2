/**
 * Finds the values of a JSON object's own keys as bytes. Not JSON.parse: that turns 1.10 into 1.1 and 2^63 − 1 into another
 * number, and the database reads both from text as well as we could write them. Nested values are only stepped over: whether
 * they are sound JSON is the database's to say.
 */
export const STRING = 0;
/** With a backslash in it. */
export const ESCAPED_STRING = 1;
export const NUMBER = 2;
export const TRUE = 3;
export const FALSE = 4;
export const NULL = 5;
export const ARRAY = 6;
export const OBJECT = 7;

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const COLON = 58;
const COMMA = 44;

const TEXT_TRUE = Buffer.from('true');
const TEXT_FALSE = Buffer.from('false');
const TEXT_NULL = Buffer.from('null');

/** Called with the key's bytes (without quotes, escapes not undone) and the value's; strings without their quotes. */
export type OnValue = (keyStart: number, keyEnd: number, start: number, end: number, kind: number) => void;

/** False: the bytes in [start, end) are no JSON object. */
export function scanObject(buffer: Buffer, start: number, end: number, onValue: OnValue): boolean {
  let at = skipSpace(buffer, start, end);
  if (buffer[at] !== OPEN_BRACE) return false;
  at = skipSpace(buffer, at + 1, end);
  if (at < end && buffer[at] === CLOSE_BRACE) return skipSpace(buffer, at + 1, end) === end;
  for (;;) {
    if (at >= end || buffer[at] !== QUOTE) return false;
    const keyStart = at + 1;
    const keyEnd = stringEnd(buffer, keyStart, end);
    if (keyEnd < 0) return false;
    at = skipSpace(buffer, keyEnd + 1, end);
    if (at >= end || buffer[at] !== COLON) return false;
    at = skipSpace(buffer, at + 1, end);
    if (at >= end) return false;
    const valueStart = at;
    const first = buffer[at] as number;
    let kind: number;
    if (first === QUOTE) {
      const close = stringEnd(buffer, at + 1, end);
      if (close < 0) return false;
      kind = hasBackslash(buffer, at + 1, close) ? ESCAPED_STRING : STRING;
      onValue(keyStart, keyEnd, at + 1, close, kind);
      at = close + 1;
    } else {
      if (first === OPEN_BRACE || first === OPEN_BRACKET) {
        at = nestedEnd(buffer, at, end);
        if (at < 0) return false;
        kind = first === OPEN_BRACE ? OBJECT : ARRAY;
      } else {
        while (at < end && isWord(buffer[at] as number)) at += 1;
        kind = wordKind(buffer, valueStart, at);
        if (kind < 0) return false;
      }
      onValue(keyStart, keyEnd, valueStart, at, kind);
    }
    at = skipSpace(buffer, at, end);
    if (at >= end) return false;
    if (buffer[at] === CLOSE_BRACE) return skipSpace(buffer, at + 1, end) === end;
    if (buffer[at] !== COMMA) return false;
    at = skipSpace(buffer, at + 1, end);
  }
}

export function skipSpace(buffer: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = buffer[at] as number;
    if (byte !== 32 && byte !== 9 && byte !== 13 && byte !== 10) break;
    at += 1;
  }
  return at;
}

/** Offset of the closing quote of a string whose content begins at `start`, or -1. */
function stringEnd(buffer: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    const byte = buffer[at] as number;
    if (byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) return at;
  }
  return -1;
}

function hasBackslash(buffer: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (buffer[at] === BACKSLASH) return true;
  return false;
}

/** Offset after the array or object that begins at `start`, or -1. */
function nestedEnd(buffer: Buffer, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; at += 1) {
    const byte = buffer[at] as number;
    if (byte === QUOTE) {
      at = stringEnd(buffer, at + 1, end);
      if (at < 0) return -1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** Letters, digits, sign, dot. */
const isWord = (byte: number): boolean =>
  (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122) || byte === 43 || byte === 45 || byte === 46 || byte === 69;

function wordKind(buffer: Buffer, start: number, end: number): number {
  if (start === end) return -1;
  const first = buffer[start] as number;
  if (first === 45 || (first >= 48 && first <= 57)) {
    for (let at = start; at < end; at += 1) {
      const byte = buffer[at] as number;
      if (byte >= 97 && byte !== 101) return -1;
    }
    return NUMBER;
  }
  if (TEXT_TRUE.compare(buffer, start, end) === 0) return TRUE;
  if (TEXT_FALSE.compare(buffer, start, end) === 0) return FALSE;
  return TEXT_NULL.compare(buffer, start, end) === 0 ? NULL : -1;
}
