import type { CatalogueConfig } from '../../src/config/restore-types';
import { createCatalogue, type Catalogue } from '../../src/catalogue';
import { until } from '../../src/dev/wait';
import { freePort } from '../support/versitygw';
import { startTestPostgres, type TestPostgres } from '../support/postgres';
import { allTextOf, failureOf, FOUND, never, RECORD, urlFrom } from './support';

type PostgresConfig = Extract<CatalogueConfig, { type: 'postgres' }>;

let postgres: TestPostgres;
const open: Catalogue[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  await postgres.sql(`
    CREATE TABLE raw_files (id text PRIMARY KEY, record jsonb);
    CREATE SCHEMA "odd ""schema""";
    CREATE TABLE "odd ""schema"""."Raw; DROP TABLE raw_files; --" ("the ""id""" bigint, "as text" text);
    CREATE TABLE twice (id text, record json);
    INSERT INTO twice VALUES ('abc', '{}'), ('abc', '{}');
    CREATE TABLE log (at timestamptz);
    CREATE FUNCTION noted(text) RETURNS text LANGUAGE sql AS 'INSERT INTO log VALUES (now()); SELECT $1';
    CREATE VIEW writes AS SELECT noted(id) AS id, record FROM raw_files;
    CREATE VIEW sleeper AS SELECT id, (SELECT record FROM pg_sleep(60)) AS record FROM raw_files;
    CREATE ROLE reader LOGIN PASSWORD 'reader-secret';
  `);
  await postgres.sql('INSERT INTO raw_files VALUES ($1, $2), ($3, $4)', [
    RECORD._id,
    JSON.stringify(RECORD),
    'no-object',
    '[1]',
  ]);
  await postgres.sql(`INSERT INTO "odd ""schema"""."Raw; DROP TABLE raw_files; --" VALUES (20250115, $1), (7, '{')`, [
    JSON.stringify(RECORD),
  ]);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((catalogue) => catalogue.close()));
});
afterAll(async () => {
  await postgres.stop();
});

const catalogueOf = (changes: Partial<PostgresConfig> = {}): Catalogue => {
  const catalogue = createCatalogue({
    type: 'postgres',
    url: urlFrom(postgres.url),
    schema: null,
    table: 'raw_files',
    idColumn: 'id',
    column: 'record',
    timeoutMs: 20_000,
    ...changes,
  });
  open.push(catalogue);
  return catalogue;
};

const ODD = {
  schema: 'odd "schema"',
  table: 'Raw; DROP TABLE raw_files; --',
  idColumn: 'the "id"',
  column: 'as text',
};

test('finds a record, again on the same connection, and null where there is none', async () => {
  const catalogue = catalogueOf();
  expect(await catalogue.find('20250115_sample', never())).toEqual(FOUND);
  expect(await catalogue.find('20250115_other', never())).toBeNull();
  expect(await catalogue.find("'; DROP TABLE raw_files; --", never())).toBeNull();
  expect(await catalogue.find('with\0nul', never())).toBeNull();
});

test('names are quoted whatever is in them; ids may be numbers, the record text', async () => {
  const catalogue = catalogueOf(ODD);
  expect(await catalogue.find('20250115', never())).toEqual({ ...FOUND, id: '20250115' });
  expect(await catalogue.find('no-number', never())).toBeNull();
  expect(await failureOf(catalogue.find('7', never()))).toMatchObject({ code: 'CatalogueInvalid' });
});

test('the catalogue is the same afterwards, and what would write is refused by the server', async () => {
  const dump = (): Promise<object[]> =>
    postgres.sql(
      `SELECT id, record::text, xmin::text FROM raw_files UNION ALL SELECT at::text, '', '' FROM log ORDER BY 1`,
    );
  const before = await dump();
  await catalogueOf().find('20250115_sample', never());
  const error = await failureOf(catalogueOf({ table: 'writes' }).find('20250115_sample', never()));
  expect(error).toMatchObject({ code: 'CatalogueInvalid' });
  expect(error.message).toContain('25006');
  expect(before).toHaveLength(2);
  expect(await dump()).toEqual(before);
});

describe('errors have a code, and nothing of the connection string', () => {
  const SECRET = 'the-very-secret';
  const at = (url: string): Partial<PostgresConfig> => ({ url: urlFrom(url) });

  test.each<[string, string, () => Promise<Partial<PostgresConfig>> | Partial<PostgresConfig>]>([
    ['a wrong password', 'CatalogueRefused', () => at(postgres.urlOf({ password: SECRET }))],
    ['an unknown user', 'CatalogueRefused', () => at(postgres.urlOf({ user: SECRET }))],
    ['no right to read', 'CatalogueRefused', () => at(postgres.urlOf({ user: 'reader', password: 'reader-secret' }))],
    ['an unknown database', 'CatalogueInvalid', () => at(postgres.urlOf({ database: SECRET }))],
    ['an unknown table', 'CatalogueInvalid', () => ({ table: 'nothing' })],
    ['an unknown column', 'CatalogueInvalid', () => ({ column: 'nothing' })],
    ['an id that is there twice', 'CatalogueInvalid', () => ({ table: 'twice' })],
    ['a URL that is none', 'CatalogueInvalid', () => at(`postgres://user:${SECRET}@[::bad/x`)],
    [
      'nobody there',
      'CatalogueUnreachable',
      async () => at(`postgres://user:${SECRET}@127.0.0.1:${await freePort()}/db`),
    ],
    ['a host that is none', 'CatalogueUnreachable', () => at(`postgres://user:${SECRET}@${SECRET}.invalid/db`)],
    ['too slow', 'CatalogueUnreachable', () => ({ table: 'sleeper', timeoutMs: 400 })],
    [
      'no variable',
      'CatalogueUrlMissing',
      () => ({ url: { value: null, source: 'environment variable X is not set' } }),
    ],
  ])('%s: %s', async (_name, code, changes) => {
    const id = _name.includes('twice') ? 'abc' : '20250115_sample';
    const error = await failureOf(catalogueOf(await changes()).find(id, never()));
    expect(error.code).toBe(code);
    expect(error.retryable).toBe(code === 'CatalogueUnreachable');
    for (const part of [SECRET, 'postgres://', 'reader-secret', 'test-secret', String(postgres.port)]) {
      expect(allTextOf(error)).not.toContain(part);
    }
  });

  test('a record that is no object', async () => {
    const error = await failureOf(catalogueOf().find('no-object', never()));
    expect(error).toMatchObject({ code: 'CatalogueInvalid' });
  });
});

test('an abort ends the look with its own reason', async () => {
  const abort = new AbortController();
  const reason = new Error('stop');
  const looking = catalogueOf({ table: 'sleeper' }).find('20250115_sample', abort.signal);
  looking.catch(() => undefined);
  const active = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'longhaul restore' AND state = 'active'`;
  await until(async () => (await postgres.sql(active)).length > 0, { what: 'the query', timeoutMs: 10_000 });
  abort.abort(reason);
  await expect(looking).rejects.toBe(reason);
});
