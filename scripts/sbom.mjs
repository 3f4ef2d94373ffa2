#!/usr/bin/env node
/**
 * The software bill of materials, CycloneDX JSON: every package that the image runs (no development dependencies), with
 * version, license and checksum, from the lock file.
 *   node scripts/sbom.mjs [file]     standard output where no file is named
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY_ROOT } from './setup.mjs';

const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;
// Not --omit=dev: that leaves out what a development dependency needs as well, the Temporal SDK among it.
const ARGUMENTS = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only'];
const DEVELOPMENT = 'cdx:npm:package:development';

/** The document. Throws an Error with what npm says. */
export const billOfMaterials = () => {
  const { status, stdout, stderr } = spawnSync('npm', ARGUMENTS, {
    cwd: REPOSITORY_ROOT,
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (status !== 0) throw new Error(stderr.trim() || 'npm sbom failed');

  const bom = JSON.parse(stdout);
  if (bom.bomFormat !== 'CycloneDX' || !(bom.components?.length > 0))
    throw new Error('npm has written no bill of materials');

  // npm takes the name of the folder.
  bom.metadata.component.name = JSON.parse(readFileSync(join(REPOSITORY_ROOT, 'package.json'), 'utf8')).name;
  const isRun = ({ properties }) => !properties?.some(({ name }) => name === DEVELOPMENT);
  bom.components = bom.components.filter(isRun);
  const refs = new Set([bom.metadata.component, ...bom.components].map((component) => component['bom-ref']));
  bom.dependencies = bom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
  return bom;
};

const main = () => {
  const bom = billOfMaterials();
  const text = `${JSON.stringify(bom, null, 2)}\n`;
  const [file] = process.argv.slice(2);
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
  process.stderr.write(`sbom: ${bom.components.length} components, CycloneDX ${bom.specVersion}\n`);
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main();
  } catch (error) {
    process.stderr.write(`sbom: ${error.message}\n`);
    process.exitCode = 1;
  }
}
