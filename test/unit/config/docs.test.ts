import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { SCHEMAS } from '../../../src/client/lib/help/schemas';
import { ENVIRONMENT_VARIABLES } from '../../../src/config/environment';
import { loadKeys } from '../../../src/config/load-rules';
import { RESTORE_SHAPE } from '../../../src/config/restore-rules';
import { configKeys } from '../../../src/config/schema-keys';
import { ERRORS, EXIT_CODES } from '../../../src/model/errors';

const ROOT = path.join(__dirname, '../../..');
type Pages = (facts: object, json: (text: string) => Promise<string>) => Promise<Record<string, string>>;
const { pages } = jest.requireActual<{ pages: Pages }>(path.join(ROOT, 'scripts/lib/docs-pages.js'));
type FactsOf = (load: (name: string) => unknown) => object;
const { factsOf } = jest.requireActual<{ factsOf: FactsOf }>(path.join(ROOT, 'scripts/lib/docs-facts.js'));

const generated = (): Promise<Record<string, string>> =>
  pages(
    factsOf((name) => jest.requireActual(path.join(ROOT, 'src', name))),
    (text) => Promise.resolve(text),
  );

/** JSON by what it says: its layout is Prettier's business, and `npm run docs:check` compares that too. */
const meaningOf = (name: string, text: string): unknown => (name.endsWith('.json') ? JSON.parse(text) : text);

test('the generated files agree with the code (else: npm run build && npm run docs)', async () => {
  const files = await generated();
  expect(Object.keys(files)).toHaveLength(5 + SCHEMAS.length);
  for (const [name, text] of Object.entries(files)) {
    const found = readFileSync(path.join(ROOT, name), 'utf8');
    expect({ name, content: meaningOf(name, found) }).toEqual({ name, content: meaningOf(name, text) });
  }
});

test('the pages name every key, code, exit code and variable', async () => {
  const files = await generated();
  const configuration = files['docs/reference/configuration.md'] ?? '';
  for (const key of configKeys()) {
    expect(key.description).not.toBe('');
    if (key.section !== '') expect(configuration).toContain(`| \`${key.path}\` |`);
  }
  const restore = files['docs/reference/restore.md'] ?? '';
  for (const key of RESTORE_SHAPE.keys()) {
    expect(key.description).not.toBe('');
    if (key.path !== '$schema') expect(restore).toContain(`| \`${key.path}\` |`);
  }
  const load = files['docs/reference/load.md'] ?? '';
  for (const key of Object.values(loadKeys()).flat()) {
    expect(key.description).not.toBe('');
    expect(load).toContain(`| \`${key.path}\` |`);
  }
  const errors = files['docs/reference/errors.md'] ?? '';
  for (const [code, { meaning, hint }] of Object.entries(ERRORS)) {
    expect(errors).toContain(`### ${code}\n\n${meaning}\n`);
    expect(errors).toContain(hint.replaceAll('<', '&lt;'));
  }
  for (const [kind, exit] of Object.entries(EXIT_CODES)) expect(errors).toContain(`| ${exit} | ${kind} |`);
  for (const { name } of ENVIRONMENT_VARIABLES)
    expect(files['docs/reference/environment.md']).toContain(`| \`${name}\` |`);
});
