import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { repairOf } from '../../../src/client/lib/help/repair';
import { REPAIR_STEPS } from '../../../src/client/lib/help/repair-steps';
import { ERRORS, type ErrorCode } from '../../../src/model/errors';
import { commandLineFault } from './command-line';

const CODES = Object.keys(ERRORS) as ErrorCode[];
const RUNBOOK = readFileSync(path.join(__dirname, '../../../docs/runbook.md'), 'utf8');

it.each(CODES)('%s has an entry in the runbook, with its commands', (code) => {
  const [, entry = ''] = new RegExp(`\n#### ${code}\n(.*?)\n(?:###|<!--)`, 's').exec(RUNBOOK) ?? [];
  const hint = ERRORS[code].hint.replaceAll('<', '&lt;');
  // Prettier escapes what Markdown would take for emphasis.
  expect(entry.replaceAll('\\', '')).toContain(hint.replaceAll('\\', ''));
  expect(repairOf(code).length).toBeGreaterThan(0);
  for (const { command, why } of repairOf(code)) {
    expect(entry).toContain(`$ ${command} `);
    expect(entry).toContain(`# ${why}`);
  }
});

it('every step belongs to some code', () => {
  const used = new Set(CODES.flatMap(repairOf));
  expect(Object.values(REPAIR_STEPS).filter((step) => !used.has(step))).toEqual([]);
});

it.each(Object.values(REPAIR_STEPS).map(({ command }) => command))('can be typed as it stands: %s', (command) => {
  expect(commandLineFault(command)).toBeUndefined();
});
