#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

// The SDK warns of Node 20's end on every start, between our own lines; CHANGELOG.md says what Node we support.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const entry = join(__dirname, '..', 'dist', 'client', 'main.js');
if (!existsSync(entry)) {
  process.stderr.write('longhaul: not built yet. Run: npm run setup && npm run build\n');
  process.exit(1);
}
// Exit by hand: a connection that a command left open must not keep a finished command waiting.
require(entry)
  .main(process.argv.slice(2))
  .then((exitCode) => process.exit(exitCode));
