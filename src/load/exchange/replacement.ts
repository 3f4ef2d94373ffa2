/**
 * Why a table cannot be replaced by another one of its shape. A swap is a rename, and everything that knows the old table by its
 * number (views, functions, foreign keys, publications, policies) would go on knowing the old one.
 */
import type { PoolClient } from 'pg';
import { LonghaulError } from '../../model/errors';

/** Anything outside of the table that depends on it, or on its row type: 'n' is a normal dependency, which keeps DROP from working. */
const DEPENDENTS = `
  SELECT DISTINCT coalesce(pg_describe_object(
           CASE WHEN d.classid = 'pg_rewrite'::regclass THEN 'pg_class'::regclass ELSE d.classid END,
           CASE WHEN d.classid = 'pg_rewrite'::regclass
                THEN (SELECT ev_class FROM pg_rewrite WHERE oid = d.objid) ELSE d.objid END, 0), 'something') AS name
    FROM pg_depend d
   WHERE d.deptype = 'n'
     AND ((d.refclassid = 'pg_class'::regclass AND d.refobjid = $1)
       OR (d.refclassid = 'pg_type'::regclass AND d.refobjid = (SELECT reltype FROM pg_class WHERE oid = $1)))
     AND NOT (d.classid = 'pg_class'::regclass AND d.objid = $1)
     AND NOT (d.classid = 'pg_constraint'::regclass AND EXISTS
           (SELECT 1 FROM pg_constraint c WHERE c.oid = d.objid AND c.conrelid = $1 AND c.confrelid <> $1))
     AND NOT (d.classid = 'pg_attrdef'::regclass AND EXISTS
           (SELECT 1 FROM pg_attrdef f WHERE f.oid = d.objid AND f.adrelid = $1))`;

/** What LIKE does not copy, and a swap therefore would lose. */
const NOT_COPIED: readonly (readonly [reason: string, query: string])[] = [
  ['it is partitioned', `SELECT 1 FROM pg_class WHERE oid = $1 AND relkind = 'p'`],
  [
    'it is a partition or inherits, or others inherit from it',
    'SELECT 1 FROM pg_inherits WHERE inhrelid = $1 OR inhparent = $1',
  ],
  ['it has triggers', 'SELECT 1 FROM pg_trigger WHERE tgrelid = $1 AND NOT tgisinternal'],
  ['it has rules', 'SELECT 1 FROM pg_rewrite WHERE ev_class = $1'],
  ['it has row-level security', 'SELECT 1 FROM pg_class WHERE oid = $1 AND (relrowsecurity OR relforcerowsecurity)'],
  ['it is in a publication', 'SELECT 1 FROM pg_publication_rel WHERE prrelid = $1'],
  ['it has a replica identity of its own', `SELECT 1 FROM pg_class WHERE oid = $1 AND relreplident <> 'd'`],
  ['its type is a composite one', 'SELECT 1 FROM pg_class WHERE oid = $1 AND reloftype <> 0'],
  [
    'its columns have settings of their own',
    'SELECT 1 FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND (attoptions IS NOT NULL OR attacl IS NOT NULL)',
  ],
  [
    'it is kept by another access method',
    `SELECT 1 FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE c.oid = $1 AND a.amname <> 'heap'`,
  ],
  [
    'another user owns it',
    `SELECT 1 FROM pg_class WHERE oid = $1 AND NOT pg_has_role(current_user, relowner, 'USAGE')`,
  ],
];

/** Foreign keys of other tables that a DELETE of all rows would act on or be refused by, even where the same keys come back. */
const REFERENCES = `
  SELECT conname AS name, conrelid::regclass::text AS holder FROM pg_constraint
   WHERE contype = 'f' AND confrelid = $1 AND conrelid <> $1 AND NOT (condeferrable AND confdeltype = 'a')`;

/** Reasons against a swap, none: it can be swapped. Throws TargetUnfit where its rows cannot be replaced in any way. */
export async function replacement(client: PoolClient, oid: string): Promise<string[]> {
  const references = await client.query<{ name: string; holder: string }>(REFERENCES, [oid]);
  const [reference] = references.rows;
  if (reference !== undefined) {
    throw new LonghaulError(
      'TargetUnfit',
      `The rows cannot be replaced: the foreign key ${reference.name} of ${reference.holder} refers to them; use delta, or make it DEFERRABLE with NO ACTION`,
    );
  }
  const reasons: string[] = [];
  for (const [reason, query] of NOT_COPIED) {
    const { rowCount } = await client.query(query, [oid]);
    if ((rowCount ?? 0) > 0) reasons.push(reason);
  }
  const { rows } = await client.query<{ name: string }>(DEPENDENTS, [oid]);
  return [...reasons, ...rows.map(({ name }) => `${name} depends on it`)];
}
