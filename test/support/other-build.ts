/** A second build of Longhaul: a copy of dist/ whose workflow code differs, to be run beside the real one. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { freshFolder } from './shared-stack';

/** Where a run begins, in the bundle as the build leaves it. */
const BEGINNING = 'async prepare() {';

export interface OtherBuild {
  readonly packageRoot: string;
  remove(): void;
}

/** Its runs work, and begin with a timer that those of the real build do not have: neither replays the other's. */
export function otherBuild(): OtherBuild {
  const folder = freshFolder('other-build');
  const own = (...names: string[]): string => path.join(folder.path, ...names);
  for (const name of ['dist', 'bin', 'package.json'])
    cpSync(path.join(REPOSITORY_ROOT, name), own(name), { recursive: true });
  mkdirSync(own('configs'), { recursive: true });
  symlinkSync(path.join(REPOSITORY_ROOT, 'node_modules'), own('node_modules'));
  const bundle = own('dist', 'workflow-bundle.js');
  const parts = readFileSync(bundle, 'utf8').split(BEGINNING);
  if (parts.length !== 2) throw new Error(`the bundle has "${BEGINNING}" ${parts.length - 1} times, and not once`);
  writeFileSync(bundle, parts.join(`${BEGINNING} await (0, workflow_1.sleep)(1);`));
  return { packageRoot: folder.path, remove: folder.remove };
}
