/**
 * The text of a config file in YAML, with the place of every key. js-yaml says where a node begins only while it parses, so
 * the nodes are noted as they open and close, and matched to the keys of their mapping afterwards.
 */
import { CORE_SCHEMA, load, YAMLException, type EventType, type State } from 'js-yaml';
import { LonghaulError } from '../model/errors';
import type { Place } from './config-text';
import type { PlacedText } from './report-problems';

interface YamlNode {
  readonly place: Place;
  readonly children: YamlNode[];
  value: unknown;
}

type Mapping = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A mapping's nodes are key, value, key, value …, but a key without a value has no second one. */
const keysOf = (node: YamlNode): Map<string, { key: YamlNode; value: YamlNode }> => {
  const found = new Map<string, { key: YamlNode; value: YamlNode }>();
  if (!isMapping(node.value)) return found;
  const { children, value: mapping } = node;
  for (let at = 0; at < children.length; at += 1) {
    const key = children[at] as YamlNode;
    const name = String(key.value);
    if (!Object.hasOwn(mapping, name) || found.has(name)) continue;
    const next = children[at + 1];
    const hasValue = next !== undefined && next.value === mapping[name];
    found.set(name, { key, value: hasValue ? next : key });
    if (hasValue) at += 1;
  }
  return found;
};

export class YamlText implements PlacedText {
  readonly value: Record<string, unknown>;
  readonly #root: YamlNode;

  /** Throws ConfigMalformed with line and column (from 1) of the first fault; a key given twice is one. */
  constructor(
    readonly path: string,
    text: string,
  ) {
    const top: YamlNode = { place: { line: 1, column: 1 }, children: [], value: undefined };
    const open: YamlNode[] = [top];
    const listener = (event: EventType, state: State): void => {
      if (event === 'open') {
        const place = { line: state.line + 1, column: state.position - state.lineStart + 1 };
        const node: YamlNode = { place, children: [], value: undefined };
        open.at(-1)?.children.push(node);
        open.push(node);
      } else {
        const node = open.pop();
        if (node !== undefined) node.value = state.result;
      }
    };
    try {
      // The core schema: no dates, no binary, nothing that JSON has not.
      const value = load(text.replace(/^\uFEFF/, ''), {
        schema: CORE_SCHEMA,
        listener: (...event) => listener(...event),
      });
      top.value = value;
    } catch (error) {
      throw this.#malformed(error);
    }
    if (!isMapping(top.value)) {
      throw new LonghaulError('ConfigMalformed', `${path} must hold one mapping: keys with values.`);
    }
    this.value = top.value;
    this.#root = top.children[0] ?? top;
  }

  placeOf(path: readonly (string | number)[]): Place | undefined {
    let node: YamlNode | undefined = this.#root;
    let place = node.place;
    for (const name of path) {
      const entry: { key: YamlNode; value: YamlNode } | undefined =
        typeof name === 'number'
          ? { key: node.children[name] ?? node, value: node.children[name] ?? node }
          : keysOf(node).get(name);
      if (entry === undefined) return undefined;
      place = entry.key.place;
      node = entry.value;
    }
    return place;
  }

  /** None: YAML has made a fault of them. */
  repeatedKeys(): [] {
    return [];
  }

  #malformed(error: unknown): LonghaulError {
    if (!(error instanceof YAMLException)) {
      return new LonghaulError('ConfigMalformed', `${this.path} cannot be read as YAML.`);
    }
    // The reason alone: the exception's message goes on to quote the file, which may hold secrets.
    // Faults of the file as a whole have no place, whatever the types say.
    const mark = error.mark as YAMLException['mark'] | undefined;
    const where = mark === undefined ? '' : ` at line ${mark.line + 1}, column ${mark.column + 1}`;
    const reason = (error.reason.split('\n', 1)[0] ?? '').replace(/ ?(?:"[^"]*"|<[^>]*>|\([^)]*\))/g, '');
    return new LonghaulError('ConfigMalformed', `${this.path} is not YAML${where}: ${reason.slice(0, 120)}.`);
  }
}
