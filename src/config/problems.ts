/** Turns what the schema finds wrong into phrases that name the key, what was expected and what is there. */
import type { z } from 'zod';
import { PROJECT_SHAPE, type ConfigShape } from './schema-keys';

/** Values of these are never repeated in a message, right or wrong. */
export const SECRET_KEYS = ['api_.api_key', 'aws.access_key_id', 'aws.secret_access_key', 'aws.session_token'];
/** Not secret, but a key pasted into the wrong field ends up here. */
const UNSHOWN = new Set([...SECRET_KEYS, 'api_.api_key_env', 'api_.endpoint', 'aws.endpoint']);

/** What messages about one kind of config file need to know of it. */
export interface FileRules {
  readonly shape: ConfigShape;
  /** Dotted names of the keys whose values are never repeated. */
  readonly unshown: ReadonlySet<string>;
}

const PROJECT_RULES: FileRules = { shape: PROJECT_SHAPE, unshown: UNSHOWN };

export interface Problem {
  readonly path: (string | number)[];
  /** A phrase that begins with the key. */
  readonly text: string;
}

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );

const typeName = (value: unknown): string => {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'array' : typeof value;
};

const expectedOf = (shape: ConfigShape, path: string, fallback: string): string => {
  const key = shape.keyAt(path);
  if (key === undefined) return fallback;
  if (key.values !== null) return `one of ${key.values.map((value) => `"${value}"`).join(', ')}`;
  const types = key.types.map((type) => (type === 'integer' ? 'whole number' : type)).join(' or ');
  const bounds = [
    ...(key.minimum === null ? [] : [`at least ${key.minimum}`]),
    ...(key.maximum === null ? [] : [`at most ${key.maximum}`]),
  ];
  return bounds.length === 0 ? types : `${types} (${bounds.join(', ')})`;
};

const gotOf = (value: unknown, isHidden: boolean): string => {
  const shown = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string';
  if (!shown || isHidden) return typeName(value);
  const text = JSON.stringify(value);
  return `${typeName(value)} ${text.length > 60 ? `${text.slice(0, 57)}…` : text}`;
};

/** Phrases for the schema's issues, in the schema's order. `input` is what was parsed: issues do not carry it. */
export const problemsOf = (
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  { shape, unshown }: FileRules = PROJECT_RULES,
): Problem[] =>
  issues.flatMap((issue): Problem[] => {
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
    const dotted = path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const full = dotted === '' ? key : `${dotted}.${key}`;
        return { path: [...path, key], text: `unknown key "${full}" (nearest known key: "${shape.nearestKey(full)}")` };
      });
    }
    const value = valueAt(input, issue.path);
    const fallback = issue.code === 'invalid_type' ? issue.expected : 'something else';
    if (value === undefined)
      return [{ path, text: `${dotted} is missing: expected ${expectedOf(shape, dotted, fallback)}` }];
    const isOwnRule = issue.code === 'custom' || issue.code === 'invalid_union' || issue.code === 'invalid_format';
    const rule = isOwnRule ? issue.message : `expected ${expectedOf(shape, dotted, fallback)}`;
    const isEmpty = value === '' && issue.code === 'too_small';
    return [
      {
        path,
        text: isEmpty ? `${dotted} must not be empty` : `${dotted}: ${rule}, got ${gotOf(value, unshown.has(dotted))}`,
      },
    ];
  });
