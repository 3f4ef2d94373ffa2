/** Against a scripted stand-in: see test/support/scripted-mongo.ts for why, and for what it cannot show. */
import { createCatalogue, type Catalogue } from '../../src/catalogue';
import type { CatalogueConfig } from '../../src/config/restore-types';
import { startScriptedMongo, type ScriptedMongo } from '../support/scripted-mongo';
import { freePort } from '../support/versitygw';
import { until } from '../../src/dev/wait';
import { allTextOf, failureOf, FOUND, never, RECORD, urlFrom } from './support';

type MongoConfig = Extract<CatalogueConfig, { type: 'mongodb' }>;

let mongo: ScriptedMongo;
const documents = [
  { ...RECORD, huge: 'not asked for' },
  { _id: 'bad-one', file_info: { 'a.raw': ['5', 'x'] } },
];
const open: Catalogue[] = [];

beforeEach(async () => {
  mongo = await startScriptedMongo(documents);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((catalogue) => catalogue.close()));
  await mongo.stop();
});

const catalogueOf = (changes: Partial<MongoConfig> = {}): Catalogue => {
  const catalogue = createCatalogue({
    type: 'mongodb',
    url: urlFrom(mongo.url),
    database: null,
    collection: 'raw_files',
    timeoutMs: 5_000,
    ...changes,
  });
  open.push(catalogue);
  return catalogue;
};

test('finds a record, and null where there is none; nothing but find is ever sent', async () => {
  const before = structuredClone(documents);
  const catalogue = catalogueOf();
  expect(await catalogue.find('20250115_sample', never())).toEqual(FOUND);
  expect(await catalogue.find('20250115_other', never())).toBeNull();
  await catalogue.close();
  expect(mongo.commands.map((command) => Object.keys(command)[0])).toEqual(['find', 'find']);
  expect(mongo.commands[0]).toMatchObject({
    find: 'raw_files',
    $db: 'kraken',
    filter: { _id: '20250115_sample' },
    projection: { project_id: 1, s3_upload_path: 1, file_info: 1 },
    limit: 1,
    maxTimeMS: 5_000,
    $readPreference: { mode: 'primaryPreferred' },
  });
  expect(documents).toEqual(before);
});

test('the database of the settings wins', async () => {
  await catalogueOf({ database: 'other' }).find('20250115_sample', never());
  expect(mongo.commands[0]).toMatchObject({ $db: 'other' });
});

test('an id is a value, whatever it looks like', async () => {
  await catalogueOf().find('{"$ne": null}', never());
  expect(mongo.commands[0]).toMatchObject({ filter: { _id: '{"$ne": null}' } });
});

test('a record of the wrong shape names the path', async () => {
  const error = await failureOf(catalogueOf().find('bad-one', never()));
  expect(error).toMatchObject({ code: 'CatalogueInvalid' });
  expect(error.message).toContain('"a.raw"');
});

describe('errors have a code, and nothing of the connection string', () => {
  const SECRET = 'the-very-secret';

  test.each<[string, string, () => Promise<Partial<MongoConfig>> | Partial<MongoConfig>]>([
    [
      'a wrong password',
      'CatalogueRefused',
      () => ({
        url: urlFrom(`mongodb://u:${SECRET}@127.0.0.1:${mongo.port}/?directConnection=true&authMechanism=PLAIN`),
      }),
    ],
    [
      'no right to read',
      'CatalogueRefused',
      () => {
        mongo.answers = [{ ok: 0, code: 13, codeName: 'Unauthorized', errmsg: `not for ${SECRET}` }];
        return {};
      },
    ],
    [
      'a query that the server refuses',
      'CatalogueInvalid',
      () => {
        mongo.answers = [{ ok: 0, code: 73, codeName: 'InvalidNamespace', errmsg: SECRET }];
        return {};
      },
    ],
    ['a URL that is none', 'CatalogueInvalid', () => ({ url: urlFrom(`mongo://u:${SECRET}@x/`) })],
    ['a URL with a wrong option', 'CatalogueInvalid', () => ({ url: urlFrom(`mongodb://u:${SECRET}@x/?tls=maybe`) })],
    [
      'nobody there',
      'CatalogueUnreachable',
      async () => ({ timeoutMs: 500, url: urlFrom(`mongodb://127.0.0.1:${await freePort()}/${SECRET}`) }),
    ],
    [
      'too slow',
      'CatalogueUnreachable',
      () => {
        mongo.answers = ['silence'];
        return { timeoutMs: 400 };
      },
    ],
    [
      'no variable',
      'CatalogueUrlMissing',
      () => ({ url: { value: null, source: 'environment variable X is not set' } }),
    ],
  ])('%s: %s', async (_name, code, changes) => {
    const error = await failureOf(catalogueOf(await changes()).find('20250115_sample', never()));
    expect(error.code).toBe(code);
    for (const part of [SECRET, 'mongodb://', '127.0.0.1']) expect(allTextOf(error)).not.toContain(part);
  });
});

test('an abort ends the look with its own reason', async () => {
  mongo.answers = ['silence'];
  const abort = new AbortController();
  const reason = new Error('stop');
  const looking = catalogueOf().find('20250115_sample', abort.signal);
  looking.catch(() => undefined);
  await until(() => mongo.commands.length > 0, { what: 'the find', timeoutMs: 5_000 });
  abort.abort(reason);
  await expect(looking).rejects.toBe(reason);
});
