import { randomBytes } from 'node:crypto';
import { copyChunk, dropLoadTables, findLoadTables, finishLoad, inspectTarget, prepareLoad } from '../../src/load';
import { until } from '../../src/dev/wait';
import { control, failureOf, mappingOf, never, startRig, type Rig } from './engine-support';

let rig: Rig;
const sql = <T extends object>(text: string, values?: unknown[]): Promise<T[]> => rig.postgres.sql<T>(text, values);
const one = async (text: string): Promise<unknown> => Object.values((await sql(text))[0] ?? {})[0];

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => {
  await rig.stop();
});

const csvOf = (from: number, to: number, name = 'name'): string =>
  `id,name\n${Array.from({ length: to - from }, (_, n) => `${from + n},${name} ${from + n}\n`).join('')}`;

test('full: the rows of several files in many chunks are the rows of the table, and the table keeps what it had', async () => {
  await sql(`
    CREATE ROLE analyst; CREATE ROLE boss;
    CREATE SCHEMA "Odd ""schema""";
    CREATE TABLE parent (id int PRIMARY KEY);
    INSERT INTO parent SELECT generate_series(0, 3000);
    CREATE TABLE "Odd ""schema"""."Users; DROP TABLE parent; --" (
      id int PRIMARY KEY REFERENCES parent, "na""me" text NOT NULL CHECK (length("na""me") < 100),
      serial_no serial, identity_no bigint GENERATED ALWAYS AS IDENTITY, upper text GENERATED ALWAYS AS (upper("na""me")) STORED,
      CONSTRAINT once UNIQUE ("na""me")) WITH (fillfactor = 70);
    CREATE INDEX by_part ON "Odd ""schema"""."Users; DROP TABLE parent; --" (lower("na""me")) WHERE id > 5;
    COMMENT ON TABLE "Odd ""schema"""."Users; DROP TABLE parent; --" IS 'it''s \\ mine';
    COMMENT ON COLUMN "Odd ""schema"""."Users; DROP TABLE parent; --".id IS 'the id';
    GRANT SELECT ON "Odd ""schema"""."Users; DROP TABLE parent; --" TO PUBLIC;
    GRANT SELECT, INSERT ON "Odd ""schema"""."Users; DROP TABLE parent; --" TO analyst WITH GRANT OPTION;
    ALTER TABLE "Odd ""schema"""."Users; DROP TABLE parent; --" OWNER TO boss;
    INSERT INTO "Odd ""schema"""."Users; DROP TABLE parent; --" (id, "na""me") VALUES (3000, 'old'), (2999, 'older');
  `);
  const shape = (): Promise<object[]> =>
    sql(`SELECT relname, relacl::text, reloptions::text, pg_get_userbyid(relowner) AS owner, obj_description(oid) AS comment,
      (SELECT json_agg(indexdef ORDER BY indexdef) FROM pg_indexes WHERE tablename = relname)::text AS indexes,
      (SELECT json_agg(conname || pg_get_constraintdef(c.oid) ORDER BY conname) FROM pg_constraint c WHERE conrelid = r.oid)::text AS constraints,
      (SELECT json_agg(d.adrelid::regclass || pg_get_expr(adbin, adrelid) ORDER BY adnum) FROM pg_attrdef d WHERE adrelid = r.oid)::text AS defaults,
      (SELECT json_agg(objid::regclass::text ORDER BY objid::regclass::text) FROM pg_depend WHERE refobjid = r.oid AND deptype IN ('a','i')
         AND objid IN (SELECT oid FROM pg_class WHERE relkind = 'S'))::text AS sequences,
      col_description(oid, 1) AS first FROM pg_class r WHERE relname LIKE 'Users%'`);
  const before = await shape();
  const files = [await rig.put('full/a.csv', csvOf(0, 1500)), await rig.put('full/b.csv', csvOf(1500, 2500))];
  const columns = ['id', 'na"me'];
  const options = { columns, mapping: { rename: { name: 'na"me' } }, schema: 'Odd "schema"', chunkSizeBytes: 8_000 };
  const table = 'Users; DROP TABLE parent; --';
  expect(await rig.target(table, options)).toMatchObject({ replaceBy: 'swap', rewriteReasons: [] });
  const done = await rig.load(table, files, options);
  expect(done).toMatchObject({ rows: 2500, rejected: 0, duplicates: 0, method: 'swap', already: false });
  expect(await shape()).toEqual(before);
  const from = `FROM "Odd ""schema"""."Users; DROP TABLE parent; --"`;
  expect(await sql(`SELECT count(*)::int, min(id), max(id), min(upper) AS upper ${from}`)).toEqual([
    { count: 2500, min: 0, max: 2499, upper: 'NAME 0' },
  ]);
  // Sequences go on where they were, also those of an identity.
  await sql(`INSERT INTO "Odd ""schema"""."Users; DROP TABLE parent; --" (id, "na""me") VALUES (2600, 'next')`);
  expect(await one(`SELECT identity_no::int ${from} WHERE id = 2600`)).toBe(3);
  expect(await one('SELECT count(*)::int FROM parent')).toBe(3001);
  expect(await one(`SELECT count(*)::int FROM pg_class WHERE relname LIKE 'longhaul_load_%' AND relkind = 'r'`)).toBe(
    1,
  );
});

test('full: readers see the old rows or the new ones, also in a transaction that began before', async () => {
  await sql(`CREATE TABLE seen (id int PRIMARY KEY, name text); INSERT INTO seen SELECT n, 'old' FROM generate_series(1, 500) n;
             CREATE TABLE seen2 (id int PRIMARY KEY, name text); INSERT INTO seen2 SELECT n, 'old' FROM generate_series(1, 500) n;
             CREATE VIEW sees2 AS SELECT * FROM seen2`);
  for (const table of ['seen', 'seen2']) {
    const state = { stop: false };
    const sums = new Set<string>();
    const reader = (async () => {
      while (!state.stop) {
        const rows = await sql<{ name: string; n: number }>(
          `SELECT left(name, 3) AS name, count(*)::int AS n FROM ${table} GROUP BY 1`,
        );
        sums.add(JSON.stringify(rows));
      }
    })();
    const file = await rig.put(`seen/${table}.csv`, csvOf(0, 3000, 'new'));
    const done = await rig.load(table, [file], { columns: ['id', 'name'], chunkSizeBytes: 10_000 });
    state.stop = true;
    await reader;
    expect(done.method).toBe(table === 'seen' ? 'swap' : 'rewrite');
    sums.add(JSON.stringify(await sql(`SELECT left(name, 3) AS name, count(*)::int AS n FROM ${table} GROUP BY 1`)));
    expect([...sums].sort()).toEqual(['[{"name":"new","n":3000}]', '[{"name":"old","n":500}]']);
  }
});

test('full: what depends on the table goes on, by a rewrite', async () => {
  await sql(`
    CREATE TABLE kept (id int PRIMARY KEY, name text);
    INSERT INTO kept VALUES (1, 'old');
    CREATE VIEW kept_view AS SELECT count(*)::int AS n FROM kept;
    CREATE TABLE triggered (id int, name text, changed boolean);
    CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.changed := true; RETURN NEW; END';
    CREATE TRIGGER change BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION change();
    CREATE TABLE parts (id int, name text) PARTITION BY RANGE (id);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
    CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (100);
    CREATE TABLE tree (id int PRIMARY KEY, name text, up int REFERENCES tree DEFAULT 0);
  `);
  const reasons = async (table: string): Promise<readonly string[]> =>
    (await rig.target(table, { columns: ['id', 'name'] })).rewriteReasons;
  expect(await reasons('kept')).toEqual(['view kept_view depends on it']);
  expect(await reasons('triggered')).toEqual(['it has triggers']);
  expect(await reasons('parts')).toContain('it is partitioned');
  expect((await reasons('tree')).join()).toContain('tree_up_fkey');
  const file = await rig.put('kept/a.csv', csvOf(0, 20));
  for (const table of ['kept', 'triggered', 'parts', 'tree']) {
    expect(await rig.load(table, [file], { columns: ['id', 'name'] })).toMatchObject({ rows: 20, method: 'rewrite' });
  }
  expect(await one('SELECT n FROM kept_view')).toBe(20);
  expect(await one('SELECT bool_and(changed) FROM triggered')).toBe(true);
  expect(await one('SELECT count(*)::int FROM parts_2')).toBe(10);
});

test('full: rows that others refer to are not replaced under them', async () => {
  await sql(`CREATE TABLE referred (id int PRIMARY KEY, name text);
             CREATE TABLE refers (id int REFERENCES referred ON DELETE CASCADE);
             CREATE TABLE patient (id int PRIMARY KEY, name text); INSERT INTO patient VALUES (5, 'old');
             CREATE TABLE waits (id int REFERENCES patient DEFERRABLE); INSERT INTO waits VALUES (5)`);
  const error = await failureOf(rig.target('referred', { columns: ['id', 'name'] }));
  expect(error).toMatchObject({ code: 'TargetUnfit' });
  expect(error.message).toContain('refers_id_fkey of refers');
  const file = await rig.put('referred/a.csv', csvOf(0, 9));
  expect(await rig.load('patient', [file], { columns: ['id', 'name'] })).toMatchObject({ method: 'rewrite', rows: 9 });
  const gone = await rig.put('referred/b.csv', csvOf(6, 9));
  const missing = await failureOf(rig.load('patient', [gone], { columns: ['id', 'name'] }));
  expect(missing).toMatchObject({ code: 'ConstraintViolated', context: { sqlState: '23503' } });
  expect(await one('SELECT count(*)::int FROM patient')).toBe(9);
});

test('delta: by key, of equal keys the last one of the last file wins, and their number is told', async () => {
  await sql(`CREATE TABLE delta (id int, region text, name text, touched int DEFAULT 7,
               no bigint GENERATED ALWAYS AS IDENTITY, UNIQUE (region, id));
             INSERT INTO delta (id, region, name) VALUES (1, 'eu', 'old'), (2, 'eu', 'stays')`);
  const a = await rig.put('delta/a.csv', 'id,region,name\n1,eu,first\n3,eu,new\n1,eu,second\n');
  const b = await rig.put('delta/b.csv', 'name,id,region\nthird,1,eu\nfourth,1,us\n');
  const options = { type: 'delta' as const, key: ['region', 'id'], columns: ['id', 'region', 'name'] };
  expect(await rig.load('delta', [a, b], options)).toMatchObject({ rows: 3, duplicates: 2, method: 'upsert' });
  expect(await sql('SELECT id, region, name, touched FROM delta ORDER BY region, id')).toEqual([
    { id: 1, region: 'eu', name: 'third', touched: 7 },
    { id: 2, region: 'eu', name: 'stays', touched: 7 },
    { id: 3, region: 'eu', name: 'new', touched: 7 },
    { id: 1, region: 'us', name: 'fourth', touched: 7 },
  ]);
  const keyless = await rig.put('delta/c.csv', 'id,region,name\n9,,x\n');
  const error = await failureOf(rig.load('delta', [keyless], options));
  expect(error).toMatchObject({ code: 'BadRow', context: { sqlState: '23502', line: 2, column: 'region' } });
});

test('delta: a key alone is counted too; another key than a unique index is refused', async () => {
  await sql('CREATE TABLE keys (id int PRIMARY KEY); INSERT INTO keys VALUES (1)');
  const file = await rig.put('keys/a.csv', 'id\n1\n2\n2\n');
  const options = { type: 'delta' as const, key: ['id'], columns: ['id'] };
  expect(await rig.load('keys', [file], options)).toMatchObject({ rows: 2, duplicates: 1 });
  expect(await one('SELECT count(*)::int FROM keys')).toBe(2);
  for (const key of [[], ['name'], ['id', 'name']]) {
    const error = await failureOf(rig.target('seen', { ...options, key, columns: ['id', 'name'] }));
    expect(error).toMatchObject({ code: 'KeyUnfit' });
  }
});

test('sample: the first rows', async () => {
  await sql('CREATE TABLE sampled (id int PRIMARY KEY, name text)');
  const file = await rig.put('sample/a.csv', csvOf(0, 1000));
  const done = await rig.load('sampled', [file], {
    type: 'sample',
    columns: ['id', 'name'],
    maxRows: 10,
    chunkSizeBytes: 64,
  });
  expect(done).toMatchObject({ rows: 10 });
  expect(await one('SELECT max(id) FROM sampled')).toBe(9);
});

test('a step that is repeated after a lost answer changes nothing, not even at the same time', async () => {
  await sql('CREATE TABLE once_only (id int, name text)');
  const file = await rig.put('once/a.csv', csvOf(0, 2000));
  const options = { columns: ['id', 'name'], chunkSizeBytes: 1_000 };
  const target = await rig.target('once_only', options);
  const { database, staging } = rig;
  const runId = `run-${randomBytes(4).toString('hex')}`;
  const prepare = { runId, loadType: 'full' as const, target, key: [] };
  const [load] = await Promise.all([prepareLoad(database, prepare, control), prepareLoad(database, prepare, control)]);
  const staged = await rig.stage(file, target, options);
  expect(staged.chunks.length).toBeGreaterThan(1);
  const copies = [...staged.chunks, ...staged.chunks, ...staged.chunks].map((chunk) =>
    copyChunk(database, { runId, chunk, load, staging }, control),
  );
  const results = await Promise.all(copies);
  expect(results.filter(({ already }) => !already)).toHaveLength(staged.chunks.length);
  const finish = {
    ...{ runId, loadType: 'full' as const, target: { schema: null, table: 'once_only' }, load, key: [] },
    ...{ columns: staged.columns, stagedRows: staged.rows },
  };
  const finishes = await Promise.all([1, 2, 3].map(() => finishLoad(database, finish, control)));
  expect(finishes.map(({ already }) => already).sort()).toEqual([false, true, true]);
  expect(finishes.every(({ rows, method }) => rows === 2000 && method === 'swap')).toBe(true);
  const late = await copyChunk(database, { runId, chunk: staged.chunks[0]!, load, staging }, control);
  expect(late).toMatchObject({ already: true });
  expect(await dropLoadTables(database, { runId, schema: 'public' }, control)).toBe(false);
  expect(await one('SELECT count(*)::int FROM once_only')).toBe(2000);
});

test('a chunk that is missing, or was altered, ends the run before anything is seen', async () => {
  await sql(`CREATE TABLE counted (id int, name text); INSERT INTO counted VALUES (1, 'old')`);
  const file = await rig.put('counted/a.csv', csvOf(0, 2000));
  const options = { columns: ['id', 'name'], chunkSizeBytes: 1_000 };
  const target = await rig.target('counted', options);
  const { database, staging } = rig;
  const runId = 'counted-run';
  const load = await prepareLoad(database, { runId, loadType: 'full', target, key: [] }, control);
  const staged = await rig.stage(file, target, options);
  const [first, ...rest] = staged.chunks;
  for (const chunk of rest) await copyChunk(database, { runId, chunk, load, staging }, control);
  const finish = { runId, loadType: 'full' as const, target: { schema: 'public', table: 'counted' }, load, key: [] };
  const work = finishLoad(database, { ...finish, columns: staged.columns, stagedRows: staged.rows }, control);
  expect(await failureOf(work)).toMatchObject({ code: 'CountMismatch' });
  await rig.put(first!.key, Buffer.alloc(first!.bytes, '1,abc\n'));
  const altered = await failureOf(copyChunk(database, { runId, chunk: first!, load, staging }, control));
  expect(altered).toMatchObject({ code: 'ChecksumMismatch', retryable: true });
  expect(await one('SELECT count(*)::int FROM longhaul_load_ledger WHERE run_id = $$counted-run$$')).toBe(rest.length);
  expect(await sql('SELECT * FROM counted')).toEqual([{ id: 1, name: 'old' }]);
  expect(await findLoadTables(database, { schema: 'public' }, control)).toContainEqual(
    expect.objectContaining({ runId, table: load.table }),
  );
  expect(await dropLoadTables(database, { runId, schema: 'public' }, control)).toBe(true);
});

test('a finish waits for a reader that is there, and gives up with a name for it', async () => {
  await sql('CREATE TABLE locked (id int PRIMARY KEY, name text)');
  const file = await rig.put('locked/a.csv', csvOf(0, 5));
  const options = { columns: ['id', 'name'] };
  const target = await rig.target('locked', options);
  const runId = 'locked-run';
  const { database, staging } = rig;
  const load = await prepareLoad(database, { runId, loadType: 'full', target, key: [] }, control);
  const staged = await rig.stage(file, target, options);
  for (const chunk of staged.chunks) await copyChunk(database, { runId, chunk, load, staging }, control);
  const { default: pg } = await import('pg');
  const blocker = new pg.Client({ connectionString: rig.postgres.url });
  await blocker.connect();
  await blocker.query('BEGIN; SELECT * FROM locked');
  const finish = { runId, loadType: 'full' as const, target: { schema: 'public', table: 'locked' }, load, key: [] };
  const request = { ...finish, columns: staged.columns, stagedRows: staged.rows };
  expect(await failureOf(finishLoad(database, { ...request, lockWaitMs: 1 }, control))).toMatchObject({
    code: 'LoadConflict',
    retryable: true,
  });
  const waiting = finishLoad(database, request, control);
  await until(async () => (await sql(`SELECT 1 FROM pg_locks WHERE NOT granted`)).length > 0, {
    what: 'the wait for the lock',
    timeoutMs: 10_000,
  });
  await blocker.query('COMMIT');
  await blocker.end();
  expect(await waiting).toMatchObject({ rows: 5, already: false });
});

test.each([
  ['TableMissing', 'nothing', ['id']],
  ['TargetUnfit', 'kept_view', ['n']],
  ['ColumnMissing', 'kept', ['id', 'nothing']],
  ['TargetUnfit', 'made', ['id', 'twice']],
  ['ColumnMissing', 'made', ['id']],
])('%s: %s', async (code, table, columns) => {
  await sql(
    'CREATE TABLE IF NOT EXISTS made (id int, needed int NOT NULL, twice int GENERATED ALWAYS AS (id * 2) STORED)',
  );
  const request = { table: { schema: null, table }, loadType: 'full' as const, mapping: mappingOf(columns), key: [] };
  expect(await failureOf(inspectTarget(rig.database, request, { signal: never() }))).toMatchObject({ code });
});
