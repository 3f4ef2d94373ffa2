/**
 * Writes the generated pages: docs/reference/*.md, configs/*.schema.json, the tables of docs/scaling.md and the entries of
 * docs/runbook.md. `--check` writes nothing and ends
 * with exit code 1 where a file differs from what the code says. Needs the compiled code (npm run build).
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const check = process.argv.includes('--check');
const distFlag = process.argv.indexOf('--dist');
const dist = distFlag < 0 ? path.join(root, 'dist') : path.resolve(process.argv[distFlag + 1] ?? '');

const fail = (message) => {
  console.error(message);
  process.exit(1);
};

if (!existsSync(path.join(dist, 'config', 'schema-keys.js'))) {
  fail(`The pages come from the compiled code, and ${path.relative(root, dist)}/ has none. First run: npm run build`);
}

const load = (name) => require(path.join(dist, name));
const { repairOf } = load('client/lib/help/repair');
const { factsOf } = require('./lib/docs-facts.js');
const { pages } = require('./lib/docs-pages.js');
const { withCodes } = require('./lib/docs-runbook.js');
const { withTables } = require('./lib/docs-scaling.js');
const prettier = await import('prettier');

const style = await prettier.resolveConfig(path.join(root, 'configs', 'project.schema.json'));
const facts = factsOf(load);
const files = await pages(facts, (text) => prettier.format(text, { ...style, parser: 'json' }));

const SCALING = 'docs/scaling.md';
const scaling = withTables(readFileSync(path.join(root, SCALING), 'utf8'), load('model/cost/index'));
files[SCALING] = await prettier.format(scaling, { ...style, parser: 'markdown' });

const RUNBOOK = 'docs/runbook.md';
const repairs = { errors: facts.errors, exitCodes: facts.exitCodes, repairOf };
const runbook = withCodes(readFileSync(path.join(root, RUNBOOK), 'utf8'), repairs);
files[RUNBOOK] = await prettier.format(runbook, { ...style, parser: 'markdown' });

const stale = Object.entries(files).filter(([name, text]) => {
  const file = path.join(root, name);
  return !existsSync(file) || readFileSync(file, 'utf8') !== text;
});

if (check) {
  if (stale.length > 0) fail(`Behind the code: ${stale.map(([name]) => name).join(', ')}. Run: npm run docs`);
  console.log(`${Object.keys(files).length} generated files agree with the code.`);
} else {
  for (const [name, text] of stale) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`Written: ${name}`);
  }
  if (stale.length === 0) console.log('Nothing to write: all generated files agree with the code.');
}
