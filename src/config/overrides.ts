/** Overrides of single settings (`--set aws.max_workers=4`, `set` of a workflow's input), coerced by the schema's type. */
import { LonghaulError } from '../model/errors';
import { SECRET_KEYS } from './problems';
import { PROJECT_SHAPE, type ConfigKey, type ConfigShape } from './schema-keys';

export type Overrides = Readonly<Record<string, string | number | boolean | null>>;
type Scalar = string | number | boolean | null;

/**
 * Settings that whoever may start a run must not change. An override is part of the workflow's input, so it stands in the
 * history for everybody to read: no secrets. And it comes from whoever may start workflows: which API it is and where its key goes,
 * which variable of the worker is sent as one, and which private hosts may be read stay with the owner of the file.
 */
const TRUST_KEYS = ['api_.provider', 'api_.endpoint', 'api_.api_key_env', 'transfer.allowed_hosts'];

export const NOT_OVERRIDABLE: readonly string[] = [...SECRET_KEYS, ...TRUST_KEYS];

const refusal = (name: string): string | null => {
  if (SECRET_KEYS.includes(name)) return 'it is a secret, and overrides are stored in the workflow history';
  return TRUST_KEYS.includes(name) ? 'it decides who is trusted, so it is taken from config.json alone' : null;
};

/** What overrides of one kind of config file need to know of it. */
export interface OverrideRules {
  readonly shape: ConfigShape;
  /** Why a known key must not be overridden, as a clause; null where it may be. */
  readonly refusal: (path: string) => string | null;
}

const PROJECT_RULES: OverrideRules = { shape: PROJECT_SHAPE, refusal };

/** Text from a command line means what the key's type makes of it; what does not fit is left for the schema to refuse. */
const coerce = (key: ConfigKey, value: Scalar): Scalar => {
  const has = (type: string): boolean => key.types.includes(type);
  if (typeof value === 'number' || typeof value === 'boolean') {
    return has('string') && !has('integer') && !has('number') && !has('boolean') ? String(value) : value;
  }
  if (value === null) return value;
  if (has('null') && value === 'null') return null;
  if ((has('integer') || has('number')) && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  if (has('boolean') && (value === 'true' || value === 'false')) return value === 'true';
  return value;
};

/**
 * Applies overrides to a copy of the parsed file.
 * Throws InvalidInput for a name that is unknown (with the nearest known key) or that must not be overridden.
 */
export const applyOverrides = (
  file: Record<string, unknown>,
  set: Overrides,
  { shape, refusal: refusalOf }: OverrideRules = PROJECT_RULES,
): Record<string, unknown> => {
  const result = structuredClone(file);
  for (const [name, value] of Object.entries(set)) {
    const key = shape.keys().find((known) => known.path === name && name !== '$schema');
    if (key === undefined) {
      throw new LonghaulError(
        'InvalidInput',
        `Unknown setting "${name}" (nearest known key: "${shape.nearestKey(name)}").`,
      );
    }
    const reason = refusalOf(name);
    if (reason !== null) throw new LonghaulError('InvalidInput', `Setting "${name}" cannot be overridden: ${reason}.`);
    if (key.section === '') {
      result[name] = coerce(key, value);
      continue;
    }
    const section = result[key.section] ?? {};
    // A section of the wrong type is a fault of the file; the schema reports it.
    if (typeof section !== 'object') continue;
    result[key.section] = { ...section, [name.slice(key.section.length + 1)]: coerce(key, value) };
  }
  return result;
};
