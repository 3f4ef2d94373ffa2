/** One Parquet column's values as fields of a staged row, without loss: decimals, 64-bit and 96-bit integers never pass a double. */
import type { SchemaElement, SchemaTree } from 'hyparquet' with { 'resolution-mode': 'import' };
import { arrayLiteral } from '../array-literal';
import type { RowWriter } from '../row-writer';
import type { TargetColumn } from '../types';
import { dateText, divide, timestampText, timeText, TimeWriter } from './time-text';

export type WriteValue = (value: unknown, out: RowWriter) => void;

/** What a column holds, for the check against the table's type. */
export type ValueKind = 'boolean' | 'number' | 'date' | 'time' | 'timestamp' | 'text' | 'uuid' | 'bytes' | 'nested';

/** Of a leaf. `scale` is a decimal's; its annotation is taken from the schema before reading, or hyparquet makes doubles of it. */
export interface Leaf {
  readonly element: SchemaElement;
  readonly scale: number | undefined;
}

export type Digits = 3 | 6 | 9;
const DIGITS = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const;

export function kindOf({ element, scale }: Leaf): ValueKind {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (scale !== undefined) return 'number';
  if (timestampOf(element) !== undefined) return 'timestamp';
  if (timeDigits(element) !== undefined) return 'time';
  if (converted === 'DATE' || logical?.type === 'DATE') return 'date';
  if (logical?.type === 'UUID') return 'uuid';
  if (logical?.type === 'FLOAT16') return 'number';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY') return isText(element) ? 'text' : 'bytes';
  return 'number';
}

const isText = ({ converted_type: converted, logical_type: logical }: SchemaElement): boolean =>
  ['UTF8', 'ENUM', 'JSON'].includes(converted ?? '') || ['STRING', 'ENUM', 'JSON'].includes(logical?.type ?? '');

function timestampOf(element: SchemaElement): { digits: Digits; zone: string } | undefined {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (logical?.type === 'TIMESTAMP')
    return { digits: DIGITS[logical.unit], zone: logical.isAdjustedToUTC ? '+00' : '' };
  // Parquet's LogicalTypes.md: these converted types are always adjusted to UTC.
  if (converted === 'TIMESTAMP_MILLIS') return { digits: 3, zone: '+00' };
  if (converted === 'TIMESTAMP_MICROS') return { digits: 6, zone: '+00' };
  return type === 'INT96' ? { digits: 9, zone: '' } : undefined;
}

function timeDigits({ converted_type: converted, logical_type: logical }: SchemaElement): Digits | undefined {
  if (logical?.type === 'TIME') return DIGITS[logical.unit];
  if (converted === 'TIME_MILLIS') return 3;
  return converted === 'TIME_MICROS' ? 6 : undefined;
}

/** Writes a field's value; null and undefined are left to the caller. */
export function leafWriter(leaf: Leaf, target: TargetColumn | undefined): WriteValue {
  const { element, scale } = leaf;
  const kind = kindOf(leaf);
  const times = new TimeWriter();
  switch (kind) {
    case 'boolean':
      return (value, out) => out.ascii(value === true ? 't' : 'f');
    case 'timestamp': {
      const { digits, zone } = timestampOf(element) ?? { digits: 6 as const, zone: '' };
      return (value, out) => times.timestamp(value as bigint, digits, zone, out);
    }
    case 'date':
      return (value, out) => times.day(value as number, out);
    case 'bytes':
      if (target?.baseType !== 'bytea') break;
      return (value, out) => {
        out.reserve(2 * (value as Uint8Array).length + 4);
        out.ascii(hexText(value as Uint8Array));
      };
    case 'number':
      if (scale === undefined && (element.type === 'INT32' || element.type === 'INT64')) return writeInteger;
      break;
    case 'text':
    case 'time':
    case 'uuid':
    case 'nested':
      break;
  }
  if (kind === 'text' || kind === 'bytes') return writeBytes;
  return (value, out) => out.ascii(leafText(leaf, value));
}

const writeBytes: WriteValue = (value, out) => {
  const bytes = value as Uint8Array;
  out.reserve(2 * bytes.length + 4);
  out.bytes(bytes, 0, bytes.length);
};

const writeInteger: WriteValue = (value, out) => {
  const number = typeof value === 'number' ? value : Number(value);
  if (Number.isSafeInteger(number)) out.integer(number);
  else out.ascii(String(value));
};

/** `\x…`, which bytea reads. */
const hexText = (bytes: Uint8Array): string =>
  `"\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}"`;

/** A leaf's value as Postgres reads it, and JSON too once it is quoted. */
function leafText(leaf: Leaf, value: unknown): string {
  const { element, scale } = leaf;
  switch (kindOf(leaf)) {
    case 'boolean':
      return value === true ? 'true' : 'false';
    case 'timestamp': {
      const { digits, zone } = timestampOf(element) ?? { digits: 6 as const, zone: '' };
      return timestampText(value as bigint, digits, zone);
    }
    case 'date': {
      const { text, isBc } = dateText(value as number);
      return isBc ? `${text} BC` : text;
    }
    case 'time': {
      const digits = timeDigits(element) ?? 6;
      return timeText(...divide(value as bigint, 10 ** digits), digits);
    }
    case 'number':
      if (scale !== undefined) return decimalText(value as number | bigint | Uint8Array, scale);
      if (typeof value === 'number' && element.type === 'FLOAT') return floatText(value);
      return String(value);
    case 'text':
      return typeof value === 'string' ? value : Buffer.from(value as Uint8Array).toString('utf8');
    case 'bytes':
      return `\\x${Buffer.from(value as Uint8Array).toString('hex')}`;
    case 'uuid':
    case 'nested':
      return String(value);
  }
}

/** Two's complement, most significant byte first (Parquet's LogicalTypes.md, DECIMAL). */
function unscaled(value: number | bigint | Uint8Array): bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return BigInt(value);
  if (value.length === 0) return 0n;
  const hex = Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex');
  return BigInt.asIntN(8 * value.length, BigInt(`0x${hex}`));
}

export function decimalText(value: number | bigint | Uint8Array, scale: number): string {
  const whole = unscaled(value);
  if (scale <= 0) return `${whole}${'0'.repeat(-scale)}`;
  const digits = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, '0');
  return `${whole < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The shortest text that is this 32-bit float, not the longer one of the same value as a double. */
export function floatText(value: number): string {
  for (let precision = 6; precision < 9; precision += 1) {
    const text = value.toPrecision(precision);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(value);
}

/** Lists, maps and structs: array literals where the column is an array, else JSON. */
export function nestedWriter(
  tree: SchemaTree,
  leafOf: (tree: SchemaTree) => Leaf,
  target: TargetColumn | undefined,
): WriteValue {
  const isArray = target?.isArray === true;
  return (value, out) => {
    const json = jsonText(tree, value, leafOf);
    out.text(isArray ? (arrayLiteral(json) ?? json) : json);
  };
}

function jsonText(tree: SchemaTree, value: unknown, leafOf: (tree: SchemaTree) => Leaf): string {
  if (value === null || value === undefined) return 'null';
  const { children, element } = tree;
  if (children.length === 0) {
    if (Array.isArray(value)) return `[${value.map((each) => jsonText(tree, each, leafOf)).join(',')}]`;
    const leaf = leafOf(tree);
    const text = leafText(leaf, value);
    const kind = kindOf(leaf);
    const isBare = kind === 'boolean' || (kind === 'number' && /\d$/.test(text));
    return isBare ? text : JSON.stringify(text);
  }
  const only = children[0] as SchemaTree;
  const isList = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST';
  if (isList && Array.isArray(value)) {
    const item = only.children.length === 1 ? (only.children[0] as SchemaTree) : only;
    return `[${value.map((each) => jsonText(item, each, leafOf)).join(',')}]`;
  }
  if (Array.isArray(value)) return `[${value.map((each) => jsonText(tree, each, leafOf)).join(',')}]`;
  const isMap = element.converted_type === 'MAP' || element.logical_type?.type === 'MAP';
  const byName = new Map((isMap ? [] : children).map((child) => [child.element.name, child]));
  const valueTree = isMap ? (only.children[1] ?? only) : undefined;
  const fields = Object.entries(value as Record<string, unknown>).map(([name, each]) => {
    const child = valueTree ?? byName.get(name);
    return `${JSON.stringify(name)}:${child === undefined ? 'null' : jsonText(child, each, leafOf)}`;
  });
  return `{${fields.join(',')}}`;
}
