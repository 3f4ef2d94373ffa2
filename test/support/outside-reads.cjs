/**
 * Loaded into a process by NODE_OPTIONS=--require: writes to OUTSIDE_READS_LOG each path below OUTSIDE_READS_ROOT that the
 * process, or one that it starts, looks at by node:fs or loads as a module. Paths below those of OUTSIDE_READS_ALLOWED are left out.
 */
'use strict';
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const path = require('node:path');
const { fileURLToPath } = require('node:url');

const { OUTSIDE_READS_LOG: log, OUTSIDE_READS_ROOT: root, OUTSIDE_READS_ALLOWED: allowed } = process.env;
const { appendFileSync } = fs;
const isBelow = (folder, file) => file === folder || file.startsWith(folder + path.sep);

const note = (what, target) => {
  const text = target instanceof URL && target.protocol === 'file:' ? fileURLToPath(target) : target;
  if (typeof text !== 'string') return;
  const file = path.resolve(text);
  if (isBelow(root, file) && !allowed.split(path.delimiter).some((folder) => isBelow(folder, file)))
    appendFileSync(log, `${what} ${file}\n`);
};

const watch = (object, names) => {
  for (const name of names) {
    const original = object[name];
    object[name] = Object.assign(function (target, ...rest) {
      note(name, target);
      return original.call(this, target, ...rest);
    }, original);
  }
};
const NAMES = ['access', 'open', 'readFile', 'readdir', 'stat', 'opendir'];
watch(fs, [...NAMES, ...NAMES.map((name) => `${name}Sync`), 'existsSync', 'createReadStream']);
watch(fs.promises, NAMES);
syncBuiltinESMExports();
process.on('exit', () => Object.keys(require.cache).forEach((file) => note('require', file)));
