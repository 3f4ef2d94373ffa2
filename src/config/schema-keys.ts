/** The keys of a config file as a flat list, walked from its schema: for hints, overrides and the reference page. */
import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { projectSchema } from './project-schema';

/** The parts of JSON Schema (draft 2020-12) that our schemas use. */
interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Record<string, JsonSchema>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface ConfigKey {
  /** Dotted, as in messages and overrides: `aws.max_workers`. */
  readonly path: string;
  readonly section: string;
  /** JSON types that it may have: string, integer, number, boolean, array, null. */
  readonly types: readonly string[];
  readonly values: readonly string[] | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly required: boolean;
  /** Undefined where the key is required. */
  readonly default: unknown;
  readonly description: string;
}

const keyOf = (section: string, name: string, schema: JsonSchema, required: boolean): ConfigKey => {
  const variants = schema.anyOf ?? [schema];
  const values = variants.flatMap((variant) => variant.enum ?? []).map(String);
  return {
    path: section === '' ? name : `${section}.${name}`,
    section,
    types: variants.flatMap((variant) => variant.type ?? 'string'),
    values: values.length === 0 ? null : values,
    // Zod writes the bounds of a safe integer where there is none of ours; they say nothing to a reader.
    minimum: variants.find((variant) => variant.minimum !== undefined)?.minimum ?? null,
    maximum: variants.find((variant) => (variant.maximum ?? Infinity) < Number.MAX_SAFE_INTEGER)?.maximum ?? null,
    required,
    default: schema.default,
    description: schema.description ?? '',
  };
};

/** One kind of config file, as its schema describes it. Each part is made when it is first asked for. */
export class ConfigShape {
  readonly #schema: z.ZodType;
  #keys: readonly ConfigKey[] | undefined;

  constructor(schema: z.ZodType) {
    this.#schema = schema;
  }

  /** JSON Schema of the file as people write it, for editors. */
  jsonSchema(): Record<string, unknown> {
    return z.toJSONSchema(this.#schema, { io: 'input' });
  }

  /** Sections in the order of the file, with their description. */
  sections(): { name: string; description: string }[] {
    return Object.entries(this.#root().properties ?? {})
      .filter(([, schema]) => schema.type === 'object')
      .map(([name, schema]) => ({ name, description: schema.description ?? '' }));
  }

  /** Every key, in the order of the schema. Those outside of a section have the section ''. */
  keys(): readonly ConfigKey[] {
    const { properties = {}, required = [] } = this.#root();
    this.#keys ??= Object.entries(properties).flatMap(([section, schema]) =>
      schema.type === 'object'
        ? Object.entries(schema.properties ?? {}).map(([name, inner]) =>
            keyOf(section, name, inner, schema.required?.includes(name) ?? false),
          )
        : [keyOf('', section, schema, required.includes(section))],
    );
    return this.#keys;
  }

  /** What is known of the key at a dotted path; undefined where there is no such key. */
  keyAt(path: string): ConfigKey | undefined {
    return this.keys().find((known) => known.path === path);
  }

  /**
   * The known key that a mistyped one most likely means. The last name counts as much as the whole path, because a key is
   * as often put into the wrong section as it is misspelt.
   */
  nearestKey(path: string): string {
    const candidates = [...this.keys().map((key) => key.path), ...this.sections().map((section) => section.name)];
    const score = (known: string): number =>
      Math.min(distance(path, known), distance(leaf(path), leaf(known)) + (known.includes('.') ? 1 : 0));
    return candidates.reduce((best, known) => (score(known) < score(best) ? known : best));
  }

  #root(): JsonSchema {
    return this.jsonSchema();
  }
}

const leaf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** configs/<project>/config.json. */
export const PROJECT_SHAPE = new ConfigShape(projectSchema);

export const projectJsonSchema = (): Record<string, unknown> => PROJECT_SHAPE.jsonSchema();
export const configSections = (): { name: string; description: string }[] => PROJECT_SHAPE.sections();
export const configKeys = (): readonly ConfigKey[] => PROJECT_SHAPE.keys();
