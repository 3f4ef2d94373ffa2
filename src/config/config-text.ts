/** The text of a config file: JSON with the place of every key, so that each fault can be pointed at. */
import { findNodeAtLocation, parseTree, type Node, type ParseError } from 'jsonc-parser';
import { LonghaulError } from '../model/errors';

/** By jsonc-parser's ParseErrorCode. JSON.parse is not asked: its messages quote the file, which may hold secrets. */
const FAULTS: Record<number, string> = {
  1: 'a word that JSON does not know',
  2: 'a number that is not written as JSON wants it',
  3: 'a key in double quotes is missing (is there a comma too many?)',
  4: 'a value is missing (is there a comma too many?)',
  5: 'a colon is missing',
  6: 'a comma is missing',
  7: 'a closing brace is missing',
  8: 'a closing bracket is missing',
  9: 'there is text after the end',
  10: 'a comment, which JSON does not allow',
  11: 'a comment without end',
  12: 'a string without end',
  13: 'a number without end',
  14: 'a \\u escape that is not one',
  15: 'an escape that JSON does not know',
  16: 'a control character inside a string',
};

export interface Place {
  readonly line: number;
  readonly column: number;
}

export class ConfigText {
  readonly #text: string;
  readonly #root: Node;

  /** Throws ConfigMalformed with line and column (from 1) of the first fault. */
  constructor(
    readonly path: string,
    text: string,
  ) {
    // A byte order mark is not JSON, but editors on Windows write one.
    this.#text = text.replace(/^\uFEFF/, '');
    const errors: ParseError[] = [];
    const root = parseTree(this.#text, errors, { disallowComments: true, allowTrailingComma: false });
    const first = errors[0];
    if (first !== undefined) throw this.#malformed(first.offset, FAULTS[first.error] ?? 'not JSON');
    if (root === undefined) throw this.#malformed(0, 'the file is empty');
    if (root.type !== 'object') throw this.#malformed(root.offset, 'the file must hold one object: { … }');
    this.#root = root;
  }

  get value(): Record<string, unknown> {
    return JSON.parse(this.#text) as Record<string, unknown>;
  }

  /** Where the key or value at `path` is; undefined where the file does not hold it. */
  placeOf(path: readonly (string | number)[]): Place | undefined {
    const node = findNodeAtLocation(this.#root, [...path]);
    // The key is what a reader looks for, not the value behind it.
    return node === undefined ? undefined : this.#place((node.parent?.type === 'property' ? node.parent : node).offset);
  }

  /** Paths of keys that are given twice in one object: JSON keeps the last one silently. */
  repeatedKeys(): { path: string[]; place: Place }[] {
    const found: { path: string[]; place: Place }[] = [];
    const walk = (node: Node, path: string[]): void => {
      const seen = new Set<string>();
      for (const child of node.children ?? []) {
        const key = String(child.children?.[0]?.value);
        const inner = child.children?.[1];
        if (child.type !== 'property' || inner === undefined) continue;
        if (seen.has(key)) found.push({ path: [...path, key], place: this.#place(child.offset) });
        seen.add(key);
        walk(inner, [...path, key]);
      }
    };
    walk(this.#root, []);
    return found;
  }

  #place(offset: number): Place {
    const before = this.#text.slice(0, offset);
    return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
  }

  #malformed(offset: number, fault: string): LonghaulError {
    const { line, column } = this.#place(offset);
    return new LonghaulError(
      'ConfigMalformed',
      `${this.path} is not JSON at line ${line}, column ${column}: ${fault}.`,
    );
  }
}
