/** What the target is: its columns, its key, and whether another table can take its place. */
import type { PoolClient } from 'pg';
import { LonghaulError } from '../../model/errors';
import { pooled } from '../database/database';
import { quoteName } from '../database/identifiers';
import type { Database, LoadControl, TableName, TargetColumn, TargetRequest, TargetTable } from '../types';
import { replacement } from './replacement';

interface Relation {
  readonly oid: string;
  readonly schema: string;
  readonly table: string;
  readonly kind: string;
}

const shown = ({ schema, table }: TableName): string => (schema === null ? table : `${schema}.${table}`);

/** Reads only. Throws TableMissing, TargetUnfit, ColumnMissing, KeyUnfit and what a connection throws. */
export function inspectTarget(
  database: Database,
  request: TargetRequest,
  { signal }: LoadControl,
): Promise<TargetTable> {
  const what = `Looking at the table ${shown(request.table)}`;
  return pooled(database).transaction({ what, signal }, async (client) => {
    const relation = await findRelation(client, request.table);
    const columns = await readColumns(client, relation.oid);
    assertColumns(request, columns);
    if (request.loadType === 'delta') await assertKey(client, relation, request.key);
    const found = request.loadType === 'delta' ? [] : await replacement(client, relation.oid);
    return {
      schema: relation.schema,
      table: relation.table,
      columns,
      replaceBy: found.length === 0 ? 'swap' : 'rewrite',
      rewriteReasons: found,
    };
  });
}

/** Throws TableMissing, and TargetUnfit for what is no table. */
export async function findRelation(client: PoolClient, name: TableName): Promise<Relation> {
  const text = [...(name.schema === null ? [] : [name.schema]), name.table].map(quoteName).join('.');
  const { rows } = await client.query<Relation>(
    `SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS table, c.relkind AS kind
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)`,
    [text],
  );
  const [relation] = rows;
  if (relation === undefined) throw new LonghaulError('TableMissing', `There is no table ${shown(name)}`);
  if (relation.kind === 'r' || relation.kind === 'p') return relation;
  throw new LonghaulError('TargetUnfit', `${shown(name)} is no table (relkind ${relation.kind})`);
}

async function readColumns(client: PoolClient, oid: string): Promise<TargetColumn[]> {
  const { rows } = await client.query<TargetColumn & { identity: string; isGenerated: boolean }>(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
            coalesce(e.typname, t.typname) AS "baseType", e.oid IS NOT NULL AS "isArray",
            NOT a.attnotnull AS nullable, a.atthasdef AND a.attgenerated = '' AS "hasDefault",
            a.attgenerated <> '' AS "isGenerated", a.attidentity AS identity
       FROM pg_attribute a
       JOIN pg_type t ON t.oid = a.atttypid
       LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
      WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [oid],
  );
  return rows.map((row) => ({ ...row, identity: identityOf(row.identity) }));
}

const identityOf = (mark: string): TargetColumn['identity'] => {
  if (mark === '') return null;
  return mark === 'a' ? 'always' : 'default';
};

function assertColumns({ table, mapping }: TargetRequest, columns: readonly TargetColumn[]): void {
  const byName = new Map(columns.map((column) => [column.name, column]));
  for (const name of mapping.columns) {
    const column = byName.get(name);
    if (column === undefined) {
      throw new LonghaulError('ColumnMissing', `${shown(table)} has no column ${JSON.stringify(name)}`, {
        column: name,
      });
    }
    if (column.isGenerated) {
      const text = `The column ${JSON.stringify(name)} of ${shown(table)} is generated and cannot be loaded`;
      throw new LonghaulError('TargetUnfit', text, { column: name });
    }
  }
  const loaded = new Set(mapping.columns);
  const needed = columns.find(
    ({ name, nullable, hasDefault, isGenerated, identity }) =>
      !loaded.has(name) && !nullable && !hasDefault && !isGenerated && identity === null,
  );
  if (needed === undefined) return;
  throw new LonghaulError(
    'ColumnMissing',
    `The column ${JSON.stringify(needed.name)} of ${shown(table)} must not be null, has no default, and is not loaded`,
    { column: needed.name },
  );
}

/** ON CONFLICT needs a unique index on exactly these columns, not partial, not of expressions, not deferrable. */
async function assertKey(client: PoolClient, relation: Relation, key: readonly string[]): Promise<void> {
  const name = `${relation.schema}.${relation.table}`;
  if (key.length === 0) throw new LonghaulError('KeyUnfit', `A delta into ${name} needs a key`);
  const { rows } = await client.query<{ columns: string[] }>(
    `SELECT array_agg(a.attname::text) AS columns
       FROM pg_index i
       JOIN unnest(i.indkey[0:i.indnkeyatts - 1]) AS k(attnum) ON true
       LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      WHERE i.indrelid = $1 AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
      GROUP BY i.indexrelid`,
    [relation.oid],
  );
  const wanted = [...key].sort().join('\0');
  if (rows.some(({ columns }) => [...columns].sort().join('\0') === wanted)) return;
  throw new LonghaulError('KeyUnfit', `${name} has no unique index on exactly (${key.join(', ')})`);
}
