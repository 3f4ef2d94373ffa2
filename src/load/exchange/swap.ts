/**
 * A full load by another table taking the name. Everything of the old one that LIKE did not copy comes with it: owner, grants,
 * comment, storage settings, foreign keys, sequences, names of indexes. What could not is why replacement.ts says 'rewrite'.
 */
import type { PoolClient } from 'pg';
import { LonghaulError } from '../../model/errors';
import { quoteName, quoteTable, quoteText } from '../database/identifiers';
import type { LoadTable, TargetTable } from '../types';

type Place = Pick<TargetTable, 'schema' | 'table'>;

/** Before the lock: what takes long, on a table that nobody else sees. */
export async function dressUp(client: PoolClient, load: LoadTable, target: Place): Promise<void> {
  const [from, to] = [quoteTable(target), quoteTable(load)];
  for (const statement of [
    ...(await foreignKeys(client, from, to)),
    ...(await settings(client, from, to)),
    ...(await grants(client, from, to)),
  ]) {
    await client.query(statement);
  }
  await client.query(`ANALYZE ${to}`);
}

/** Under an exclusive lock of the old table, for milliseconds. */
export async function takePlace(client: PoolClient, load: LoadTable, target: Place): Promise<void> {
  const [from, to] = [quoteTable(target), quoteTable(load)];
  await assertSameShape(client, from, to);
  const indexes = await indexNames(client, from, to);
  const sequences = await ownSequences(client, from, to);
  const schema = quoteName(load.schema);
  for (const { name, column } of sequences.serial)
    await client.query(`ALTER SEQUENCE ${name} OWNED BY ${to}.${quoteName(column)}`);
  await client.query(`DROP TABLE ${from}`);
  await client.query(`ALTER TABLE ${to} RENAME TO ${quoteName(target.table)}`);
  for (const { made, name } of indexes) {
    await client.query(`ALTER INDEX ${schema}.${quoteName(made)} RENAME TO ${quoteName(name)}`);
  }
  for (const { made, name, value, isCalled } of sequences.identity) {
    await client.query('SELECT setval($1::regclass, $2::bigint, $3)', [made, value, isCalled]);
    await client.query(`ALTER SEQUENCE ${made} RENAME TO ${quoteName(name)}`);
  }
}

async function foreignKeys(client: PoolClient, from: string, to: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT conname AS name, pg_get_constraintdef(oid) AS definition
       FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'f'`,
    [from],
  );
  return rows.map(({ name, definition }) => `ALTER TABLE ${to} ADD CONSTRAINT ${quoteName(name)} ${definition}`);
}

async function settings(client: PoolClient, from: string, to: string): Promise<string[]> {
  const { rows } = await client.query<{
    comment: string | null;
    options: string[] | null;
    owner: string;
    statistics: object;
  }>(
    `SELECT obj_description(oid, 'pg_class') AS comment, reloptions AS options, pg_get_userbyid(relowner) AS owner
       FROM pg_class WHERE oid = $1::regclass`,
    [from],
  );
  const [row] = rows;
  const options = (row?.options ?? []).map((option) => {
    const [name = '', ...value] = option.split('=');
    return `${quoteName(name)} = ${quoteText(value.join('='))}`;
  });
  return [
    `COMMENT ON TABLE ${to} IS ${row?.comment ? quoteText(row.comment) : 'NULL'}`,
    ...(options.length > 0 ? [`ALTER TABLE ${to} SET (${options.join(', ')})`] : []),
    `ALTER TABLE ${to} OWNER TO ${quoteName(row?.owner ?? '')}`,
  ];
}

/** None where the old table has the default ones: those come with the owner. Default privileges may have added some. */
async function grants(client: PoolClient, from: string, to: string): Promise<string[]> {
  const read = async (
    table: string,
  ): Promise<{ grantee: string; privilege: string; option: boolean; isOwner: boolean }[]> => {
    const { rows } = await client.query<{ grantee: string; privilege: string; option: boolean; isOwner: boolean }>(
      `SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee,
              a.privilege_type AS privilege, a.is_grantable AS option, a.grantee = c.relowner AS "isOwner"
         FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = $1::regclass`,
      [table],
    );
    return rows;
  };
  const extra = new Set((await read(to)).filter(({ isOwner }) => !isOwner).map(({ grantee }) => grantee));
  return [
    ...[...extra].map((grantee) => `REVOKE ALL ON ${to} FROM ${grantee}`),
    ...(await read(from))
      .filter(({ isOwner }) => !isOwner)
      .map(
        ({ grantee, privilege, option }) =>
          `GRANT ${privilege} ON ${to} TO ${grantee}${option ? ' WITH GRANT OPTION' : ''}`,
      ),
  ];
}

/** Somebody may have changed the table since the load table was made of it. */
async function assertSameShape(client: PoolClient, from: string, to: string): Promise<void> {
  const shape = `SELECT coalesce(string_agg(attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull, ', ' ORDER BY attnum), '')
                   FROM pg_attribute WHERE attrelid = %::regclass AND attnum > 0 AND NOT attisdropped`;
  const { rows } = await client.query<{ same: boolean }>(
    `SELECT (${shape.replace('%', '$1')}) = (${shape.replace('%', '$2')}) AS same`,
    [from, to],
  );
  if (rows[0]?.same === true) return;
  throw new LonghaulError('TargetUnfit', `The columns of ${from} were changed during the load; start it again`);
}

/** Pairs of equal definitions; of several equal ones, in the order in which they were made. */
async function indexNames(client: PoolClient, from: string, to: string): Promise<{ made: string; name: string }[]> {
  const { rows } = await client.query<{ made: string; name: string }>(
    `WITH i AS (
       SELECT c.relname AS name, x.indrelid, row_number() OVER (
                PARTITION BY x.indrelid, x.indkey::text, x.indisunique, x.indisprimary, x.indclass::text, x.indoption::text,
                  x.indcollation::text, c.relam, pg_get_expr(x.indpred, x.indrelid), pg_get_expr(x.indexprs, x.indrelid)
                ORDER BY x.indexrelid) AS number,
              concat_ws('|', x.indkey, x.indisunique, x.indisprimary, x.indclass, x.indoption, x.indcollation, c.relam,
                pg_get_expr(x.indpred, x.indrelid), pg_get_expr(x.indexprs, x.indrelid)) AS shape
         FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indrelid IN ($1::regclass, $2::regclass))
     SELECT m.name AS made, o.name FROM i o JOIN i m USING (shape, number)
      WHERE o.indrelid = $1::regclass AND m.indrelid = $2::regclass`,
    [from, to],
  );
  return rows;
}

interface Sequences {
  /** Owned by a column of the old table and used by the default of the new one's. */
  readonly serial: readonly { readonly name: string; readonly column: string }[];
  readonly identity: readonly {
    readonly made: string;
    readonly name: string;
    readonly value: string;
    readonly isCalled: boolean;
  }[];
}

async function ownSequences(client: PoolClient, from: string, to: string): Promise<Sequences> {
  const { rows } = await client.query<{ sequence: string; short: string; column: string; identity: boolean }>(
    `SELECT s.oid::regclass::text AS sequence, s.relname AS short, a.attname AS column, a.attidentity <> '' AS identity
       FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
       JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = $1::regclass AND d.deptype IN ('a', 'i')`,
    [from],
  );
  const identity = [];
  for (const row of rows.filter((each) => each.identity)) {
    const made = await client.query<{ made: string }>('SELECT pg_get_serial_sequence($1, $2) AS made', [
      to,
      row.column,
    ]);
    const state = await client.query<{ value: string; isCalled: boolean }>(
      `SELECT last_value AS value, is_called AS "isCalled" FROM ${row.sequence}`,
    );
    identity.push({
      made: made.rows[0]?.made ?? '',
      name: row.short,
      value: state.rows[0]?.value ?? '1',
      isCalled: state.rows[0]?.isCalled ?? false,
    });
  }
  const serial = rows.filter((row) => !row.identity).map(({ sequence, column }) => ({ name: sequence, column }));
  return { serial, identity };
}
