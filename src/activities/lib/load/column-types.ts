/** Whether a column has the type that the configuration says: Postgres has several names for one type. */

/** PostgreSQL documentation, table 8.1: the aliases, by the name that format_type gives. */
const ALIASES: Readonly<Record<string, string>> = {
  int: 'integer',
  int4: 'integer',
  int2: 'smallint',
  int8: 'bigint',
  serial: 'integer',
  serial4: 'integer',
  bigserial: 'bigint',
  serial8: 'bigint',
  smallserial: 'smallint',
  serial2: 'smallint',
  float4: 'real',
  float: 'double precision',
  float8: 'double precision',
  decimal: 'numeric',
  bool: 'boolean',
  varchar: 'character varying',
  char: 'character',
  bpchar: 'character',
  varbit: 'bit varying',
  timetz: 'time with time zone',
  time: 'time without time zone',
  timestamptz: 'timestamp with time zone',
  timestamp: 'timestamp without time zone',
};

interface TypeName {
  readonly name: string;
  /** `10,2` of `numeric(10,2)`; null where none is given. */
  readonly modifier: string | null;
  readonly isArray: boolean;
}

function parse(type: string): TypeName {
  const text = type.trim().toLowerCase().replace(/\s+/g, ' ');
  const isArray = text.endsWith('[]');
  const modifier = /\(([^)]*)\)/.exec(text)?.[1]?.replaceAll(' ', '') ?? null;
  const bare = text
    .replace(/(\[\])+$/, '')
    .replace(/\s*\([^)]*\)/, '')
    .trim();
  return { name: ALIASES[bare] ?? bare, modifier, isArray };
}

/** A phrase after the column's name, or null. A length or precision counts where `expected` gives one. */
export function typeFault(expected: string, actual: string): string | null {
  const [want, have] = [parse(expected), parse(actual)];
  const same =
    want.name === have.name &&
    want.isArray === have.isArray &&
    (want.modifier === null || want.modifier === have.modifier);
  return same ? null : `is ${actual}, but the configuration says ${expected}`;
}
