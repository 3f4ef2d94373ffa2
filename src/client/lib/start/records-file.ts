/** `--records FILE`: a JSON array, NDJSON, or one URL per line; every fault is named with its line. */
import { readFile } from 'node:fs/promises';
import { getNodeValue, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { LonghaulError } from '../../../model/errors';
import type { GivenRecord } from '../../../model/records';
import { SourceUrl } from '../../../transfer/source-url';
import type { Io } from '../print/io';

/** Above this the list goes to the bucket: one payload may hold 2 MiB, and history keeps every one. */
export const MAX_INLINE_BYTES = 256 * 1024;

const KNOWN_KEYS = new Set(['url', 'prefix', 'dataset']);

interface Located {
  readonly line: number;
  readonly value: unknown;
}

const refuse = (name: string, line: number, fault: string, others = 0): LonghaulError =>
  new LonghaulError(
    'InvalidInput',
    `${name}, line ${line}: ${fault}${others > 0 ? ` (and ${others} more faulty records)` : ''}.`,
  );

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

const locateArray = (name: string, text: string): Located[] => {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [error] = errors;
  if (error !== undefined)
    throw refuse(name, lineAt(text, error.offset), `not JSON (${printParseErrorCode(error.error)})`);
  return (tree?.children ?? []).map((node) => ({
    line: lineAt(text, node.offset),
    value: getNodeValue(node) as unknown,
  }));
};

/** A line is an object, an address, or (empty or after `#`) nothing. */
const locateLines = (name: string, text: string): Located[] =>
  text.split(/\r?\n/).flatMap((raw, index): Located[] => {
    const line = index + 1;
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) return [];
    if (!content.startsWith('{')) {
      return [{ line, value: /^s3:/i.test(content) ? { prefix: content } : { url: content } }];
    }
    try {
      return [{ line, value: JSON.parse(content) as unknown }];
    } catch {
      // The parser's own message may quote the line, and the line may hold a signature.
      throw refuse(name, line, 'not a JSON object on one line');
    }
  });

/** What is wrong with a record, or undefined. Never repeats a query. */
const faultOf = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'expected {"url": "https://…"} or {"prefix": "s3://bucket/path"}';
  }
  const { url, prefix, dataset } = value as Record<string, unknown>;
  const unknown = Object.keys(value).find((key) => !KNOWN_KEYS.has(key));
  if (unknown !== undefined) return `unknown key "${unknown}"; known are url, prefix and dataset`;
  if ((url === undefined) === (prefix === undefined)) return 'expected one of "url" and "prefix"';
  if (dataset !== undefined && (typeof dataset !== 'string' || dataset === ''))
    return '"dataset" must be a text that is not empty';
  if (prefix !== undefined) {
    const valid = typeof prefix === 'string' && /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/.test(prefix);
    return valid ? undefined : '"prefix" must be s3://bucket/path';
  }
  if (typeof url !== 'string') return '"url" must be a text';
  try {
    const source = new SourceUrl(url);
    return source.isSigned
      ? `signed URLs are refused, because inputs of runs are kept in history: ${source.display}`
      : undefined;
  } catch (error) {
    return error instanceof LonghaulError ? error.message : 'not a URL';
  }
};

/**
 * Parses a list of records. `name` stands for the file in messages.
 * Throws InvalidInput with the line of the first fault and the number of others.
 */
export const parseRecords = (name: string, text: string): GivenRecord[] => {
  const content = text.replace(/^\uFEFF/, '');
  const located = content.trimStart().startsWith('[') ? locateArray(name, content) : locateLines(name, content);
  if (located.length === 0) throw new LonghaulError('InvalidInput', `${name} names no record.`);
  const faults = located.flatMap(({ line, value }) => {
    const fault = faultOf(value);
    return fault === undefined ? [] : [{ line, fault }];
  });
  const [first] = faults;
  if (first !== undefined) throw refuse(name, first.line, first.fault, faults.length - 1);
  return located.map(({ value }) => value as GivenRecord);
};

/** Reads and parses `path`, or standard input for `-`. Throws InvalidInput, also where the file cannot be read. */
export const readRecords = async (path: string, io: Io): Promise<GivenRecord[]> => {
  if (path === '-') return parseRecords('standard input', await io.readStdin());
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new LonghaulError('InvalidInput', `The records file ${path} cannot be read (${code}).`);
  }
  return parseRecords(path, text);
};

export const toNdjson = (records: readonly GivenRecord[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

export const isTooLongForInput = (records: readonly GivenRecord[]): boolean =>
  Buffer.byteLength(JSON.stringify(records)) > MAX_INLINE_BYTES;
