/** The Node packages of package-lock.json. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from './find-tool.mjs';
import { withLock } from './lock.mjs';
import { run, say, withProgress } from './progress.mjs';

const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;

/**
 * Why `npm ci` is needed, or null. npm keeps what it installed in node_modules/.package-lock.json; comparing that
 * holds where file times do not: a checkout touches package-lock.json without changing it.
 */
export const whyInstall = (repositoryRoot) => {
  const wanted = packagesOf(join(repositoryRoot, 'package-lock.json'));
  let installed;
  try {
    installed = packagesOf(join(repositoryRoot, 'node_modules', '.package-lock.json'));
  } catch {
    return 'node_modules is missing or unfinished';
  }
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const there = installed[path];
    // Packages for other platforms are left out by npm.
    if (there === undefined && (entry.optional || entry.devOptional)) continue;
    if (there?.version !== entry.version || there?.integrity !== entry.integrity) {
      return `${path} is not what package-lock.json asks for`;
    }
  }
  return null;
};

export const installPackages = async (repositoryRoot, host) => {
  if (whyInstall(repositoryRoot) === null) return;
  const id = createHash('sha256').update(repositoryRoot).digest('hex').slice(0, 12);
  await withLock(join(cacheDir(host), `npm-${id}.lock`), 'npm ci', async () => {
    const reason = whyInstall(repositoryRoot);
    if (reason === null) return;
    say(`installing the Node packages, because ${reason}`);
    await withProgress('npm ci (about 1 minute)', () => run('npm', ['ci'], { cwd: repositoryRoot, env: host }));
  });
};
