/**
 * Cuts a stream of JSON into its top elements without parsing them: a file of gigabytes is read in the memory of one record.
 * Three forms: an object of entries, a list, or values one after the other (NDJSON). Within an element only strings and
 * brackets are looked at; whoever wants it parses it and finds the rest of its faults.
 */
import { LonghaulError } from '../model/errors';

export type JsonForm = 'entries' | 'list' | 'values';

const BYTE = { quote: 0x22, comma: 0x2c, backslash: 0x5c, openList: 0x5b, closeList: 0x5d, open: 0x7b, close: 0x7d };
/** Longest element: V8's strings end at about twice that. */
const MAX_ELEMENT_BYTES = 256 * 1024 ** 2;
const RECORD_FIELDS = ['_id', 'project_id', 's3_upload_path', 'file_info'];

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * By how the file begins: `[` is a list. `{` is an object of entries where its first key is none of a record's and has an
 * object behind it; else it is a record, the first of a file that has one after the other.
 */
export const formOf = (head: string): JsonForm => {
  if (/^\s*\[/.test(head)) return 'list';
  if (/^\s*\{\s*\}\s*$/.test(head)) return 'entries';
  const first = /^\s*\{\s*"((?:[^"\\]|\\.)*)"\s*:\s*(.)/s.exec(head);
  return first?.[2] === '{' && !RECORD_FIELDS.includes(first[1] ?? '') ? 'entries' : 'values';
};

export class JsonElements {
  readonly #form: JsonForm;
  readonly #base: number;
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #offset = 0;
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #isOver = false;

  constructor(
    private readonly path: string,
    form: JsonForm,
  ) {
    this.#form = form;
    this.#base = form === 'values' ? 0 : 1;
  }

  /** The elements that end in this chunk: of `entries` as `"key": value`. Throws CatalogueInvalid with the byte's place. */
  push(chunk: Buffer): Buffer[] {
    const found: Buffer[] = [];
    // Where the element at hand begins in this chunk; -1 between two.
    let start = this.#depth > 0 ? 0 : -1;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BYTE.backslash) this.#isEscaped = true;
        else if (byte === BYTE.quote) this.#inString = false;
        continue;
      }
      if (this.#depth === 0) {
        if (isSpace(byte)) continue;
        this.#begin(byte, at);
        start = this.#base === 0 ? at : at + 1;
        continue;
      }
      if (byte === BYTE.quote) this.#inString = true;
      else if (byte === BYTE.open || byte === BYTE.openList) this.#depth += 1;
      else if (byte === BYTE.close || byte === BYTE.closeList) {
        this.#depth -= 1;
        if (this.#depth > 0) continue;
        this.#take(chunk.subarray(start, this.#base === 0 ? at + 1 : at), found);
        this.#isOver = this.#base === 1;
        start = -1;
      } else if (byte === BYTE.comma && this.#base === 1 && this.#depth === 1) {
        this.#take(chunk.subarray(start, at), found);
        start = at + 1;
      }
    }
    if (start >= 0) this.#keep(chunk.subarray(start));
    this.#offset += chunk.length;
    return found;
  }

  /** Throws CatalogueInvalid where the file ends in the middle of something. */
  end(): void {
    if (this.#depth > 0 || this.#inString) throw this.#invalid('it ends in the middle of a record', 0);
  }

  #begin(byte: number, at: number): void {
    const expected = this.#form === 'list' ? BYTE.openList : BYTE.open;
    if (this.#isOver) throw this.#invalid('there is text after its end', at);
    if (byte !== expected) throw this.#invalid('expected a record', at);
    this.#depth = 1;
  }

  #keep(piece: Buffer): void {
    this.#pieceBytes += piece.length;
    if (this.#pieceBytes > MAX_ELEMENT_BYTES) throw this.#invalid('a record is longer than 256 MiB', 0);
    if (piece.length > 0) this.#pieces.push(piece);
  }

  #take(piece: Buffer, found: Buffer[]): void {
    this.#keep(piece);
    const element = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#pieceBytes = 0;
    if (!element.every(isSpace)) found.push(element);
  }

  #invalid(fault: string, at: number): LonghaulError {
    return new LonghaulError('CatalogueInvalid', `${this.path} at byte ${this.#offset + at}: ${fault}.`);
  }
}
