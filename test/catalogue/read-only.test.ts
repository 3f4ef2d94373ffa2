/** Nothing is ever written to a catalogue: by its interface, and by what its implementations could call. */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { createCatalogue, type Catalogue } from '../../src/catalogue';
import type { CatalogueConfig } from '../../src/config/restore-types';
import { urlFrom } from './support';

const FOLDER = path.join(__dirname, '../../src/catalogue');
const sources = readdirSync(FOLDER)
  .filter((name) => /catalogue\.ts$/.test(name))
  .map((name) => ({ name, text: readFileSync(path.join(FOLDER, name), 'utf8') }));

/** Does not compile once the interface has another method. */
const METHODS: Record<keyof Catalogue, true> = { find: true, close: true };

const url = urlFrom('postgres://127.0.0.1/x');
const CONFIGS: CatalogueConfig[] = [
  { type: 'json', timeoutMs: 1, path: '/x' },
  { type: 'postgres', timeoutMs: 1, url, schema: null, table: 't', idColumn: 'id', column: 'c' },
  { type: 'mongodb', timeoutMs: 1, url, database: null, collection: 'c' },
];

test.each(CONFIGS.map((config) => [config.type, config] as const))(
  '%s has no method but find and close',
  (_, config) => {
    const prototype = Object.getPrototypeOf(createCatalogue(config)) as object;
    const methods = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
    expect(methods.sort()).toEqual(Object.keys(METHODS).sort());
  },
);

test('no implementation calls what writes', () => {
  expect(sources.map(({ name }) => name).sort()).toEqual([
    'json-catalogue.ts',
    'mongodb-catalogue.ts',
    'postgres-catalogue.ts',
  ]);
  const writes =
    /\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|DROP|ALTER|CREATE|COPY|COMMIT|insert\w*|update\w*|replaceOne|delete\w*|drop\w*|bulkWrite|findOneAnd\w*|aggregate|runCommand|command|createIndex\w*|writeFile\w*|createWriteStream|appendFile\w*|truncate|rename|unlink|rm)\s*[(`' ]/;
  for (const { name, text } of sources) {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    expect({ name, found: writes.exec(code)?.[0] }).toEqual({ name, found: undefined });
  }
});
