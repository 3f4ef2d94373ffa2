/** The schema of a Parquet file as we read it: what hyparquet would round is read raw, and its columns are checked. */
import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet' with { 'resolution-mode': 'import' };
import { LonghaulError } from '../../model/errors';
import type { TargetColumn } from '../types';
import { kindOf, type Leaf, type ValueKind } from './values';

/** Scales by element, after takeDecimals. */
export type Scales = ReadonlyMap<SchemaElement, number>;

/** Takes the annotation from every decimal, so that its unscaled integer or bytes are read (hyparquet multiplies doubles). */
export function takeDecimals(metadata: FileMetaData): Scales {
  const scales = new Map<SchemaElement, number>();
  for (const element of metadata.schema) {
    const { logical_type: logical, converted_type: converted } = element;
    if (converted !== 'DECIMAL' && logical?.type !== 'DECIMAL') continue;
    scales.set(element, logical?.type === 'DECIMAL' ? logical.scale : (element.scale ?? 0));
    delete element.converted_type;
    delete element.logical_type;
  }
  return scales;
}

export const leafOf = (scales: Scales, { element }: SchemaTree): Leaf => ({ element, scale: scales.get(element) });

export const columnKind = (scales: Scales, tree: SchemaTree): ValueKind =>
  tree.children.length > 0 || tree.element.repetition_type === 'REPEATED' ? 'nested' : kindOf(leafOf(scales, tree));

const NUMBERS = ['int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'money', 'oid'];
const MOMENTS = ['date', 'timestamp', 'timestamptz'];

/** Types that cannot take a kind. Others (text, json, enums, domains, extensions) are left to the database to judge. */
const CANNOT: Readonly<Record<ValueKind, readonly string[]>> = {
  boolean: [...NUMBERS, ...MOMENTS, 'time', 'uuid', 'bytea', 'interval'],
  number: ['bool', ...MOMENTS, 'time', 'uuid', 'bytea', 'interval'],
  date: [...NUMBERS, 'bool', 'time', 'uuid', 'bytea', 'interval'],
  time: [...NUMBERS, 'bool', ...MOMENTS, 'uuid', 'bytea'],
  timestamp: [...NUMBERS, 'bool', 'uuid', 'bytea', 'interval'],
  uuid: [...NUMBERS, 'bool', ...MOMENTS, 'time', 'interval'],
  text: [],
  bytes: [...NUMBERS, 'bool', ...MOMENTS, 'time', 'interval'],
  nested: [...NUMBERS, 'bool', ...MOMENTS, 'time', 'uuid', 'bytea', 'interval'],
};

/** Throws TypeMismatch where every row would be refused. */
export function assertFits(scales: Scales, tree: SchemaTree, target: TargetColumn | undefined, display: string): void {
  if (target === undefined) return;
  const kind = columnKind(scales, tree);
  const { converted_type: converted } = tree.element;
  const isReadable = converted !== 'INTERVAL' && converted !== 'BSON';
  const isArrayTaken = target.isArray && (kind === 'nested' || kind === 'text');
  if (isReadable && (isArrayTaken || (!target.isArray && !CANNOT[kind].includes(target.baseType)))) return;
  throw new LonghaulError(
    'TypeMismatch',
    `${display} has ${isReadable ? kind : converted} in the column ${JSON.stringify(tree.element.name)}, which cannot become ${target.type}`,
    { source: display, column: target.name },
  );
}
