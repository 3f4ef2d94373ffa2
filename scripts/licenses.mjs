#!/usr/bin/env node
/**
 * Under which licenses the packages are that the image runs, from the bill of materials. Ends with exit code 1 where one is under none that
 * is allowed here.
 *   node scripts/licenses.mjs [--json]
 */
import { pathToFileURL } from 'node:url';
import { billOfMaterials } from './sbom.mjs';

/** Permissive ones: they ask for their text to go along, and no more. Identifiers are those of spdx.org/licenses. */
export const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  // Data about browsers, used while workflows are bundled; attribution is its one condition.
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
];

/** Packages whose package.json says nothing, and what their file LICENSE says. */
const BY_NAME = { unionfs: 'Unlicense' };

/** An SPDX expression of identifiers, AND and OR; parentheses do not occur. All of AND, one of OR. */
export const isAllowed = (expression) =>
  expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((id) => ALLOWED.includes(id.trim())));

const licenseOf = ({ name, licenses = [] }) =>
  licenses.map(({ expression, license }) => expression ?? license?.id ?? license?.name).join(' AND ') ||
  BY_NAME[name] ||
  'none';

/** `{ counts: { MIT: 209, … }, refused: [{ name, version, license }] }` */
export const licenseReport = (components) => {
  const found = components.map((component) => ({
    name: component.name,
    version: component.version,
    license: licenseOf(component),
  }));
  const counts = {};
  for (const { license } of found) counts[license] = (counts[license] ?? 0) + 1;
  return {
    components: found.length,
    counts: Object.fromEntries(Object.entries(counts).sort(([, a], [, b]) => b - a)),
    refused: found.filter(({ license }) => !isAllowed(license)),
  };
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const report = licenseReport(billOfMaterials().components);
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else {
    for (const [license, count] of Object.entries(report.counts))
      console.log(`${String(count).padStart(5)}  ${license}`);
    for (const { name, version, license } of report.refused)
      console.error(`refused: ${name}@${version} is under ${license}`);
  }
  if (report.refused.length > 0) process.exitCode = 1;
}
