/**
 * For `node -r`: compiles each .ts file as it is required, gives the engine the storm's network and disk, and, with
 * LONGHAUL_STORM_MUTANT, plants one bug: texts of a source file are replaced as it is read. What is shipped is never touched.
 */
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { transformSync } = require('@swc/core');

const ROOT = path.join(__dirname, '../..');
const inEngine = (...parts) => path.join(ROOT, 'src/transfer', ...parts);
const WIRED = [inEngine('lib/agent'), inEngine('http/direct/pool')];
const ON_DISK = [inEngine('file') + path.sep, inEngine('hash') + path.sep];

const swcOptions = {
  swcrc: false,
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  module: { type: 'commonjs' },
};

const planted = new Set();
let edits = [];

function edited(filename, text) {
  let result = text;
  for (const edit of edits) {
    if (path.join(ROOT, edit.file) !== filename) continue;
    // Once, so that a bug cannot silently be planted nowhere when the engine changes.
    if (result.split(edit.find).length !== 2)
      throw new Error(`${edit.file} does not hold this text once: ${edit.find}`);
    result = result.replace(edit.find, () => edit.replace);
    planted.add(edit);
  }
  return result;
}

require.extensions['.ts'] = (module, filename) => {
  const text = edited(filename, readFileSync(filename, 'utf8'));
  module._compile(transformSync(text, { ...swcOptions, filename }).code, filename);
};

const load = Module._load;
Module._load = function (request, parent, isMain) {
  const from = parent?.filename ?? '';
  if (request === 'node:fs/promises' && ON_DISK.some((folder) => from.startsWith(folder))) {
    return require('./disk').promises;
  }
  if (request.startsWith('.') && WIRED.includes(path.resolve(path.dirname(from), request))) return require('./wire');
  return load.call(this, request, parent, isMain);
};

const name = process.env.LONGHAUL_STORM_MUTANT;
if (name !== undefined) {
  const { MUTANTS } = require('./mutants');
  const mutant = MUTANTS.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`There is no planted bug named ${name}`);
  edits = mutant.edits;
}
