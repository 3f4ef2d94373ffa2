/** The rules of the static scan: each finds what it is there for, and none finds anything in the code. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { load } from 'js-yaml';
import { describeWhere } from '../support/skip';
import { ROOT, runTool } from './support/check-tools';

const RULES = path.join(ROOT, 'scripts', 'scan-rules.yml');
const { rules } = load(readFileSync(RULES, 'utf8')) as {
  readonly rules: readonly { readonly id: string; readonly paths?: { readonly exclude: readonly string[] } }[];
};

/** What each must find, and beside it what it must leave. */
const PLANTED: Readonly<Record<string, string>> = {
  'no-shell': "execSync('ls ' + name); execFile('ls', [name]); /a/.test(name);",
  'no-eval': 'new Function(text); JSON.parse(text);',
  'no-unverified-tls': 'connect({ host, rejectUnauthorized: false }); connect({ host, rejectUnauthorized: true });',
  'no-weak-hash': "createHash('md5'); createHash('sha256');",
  'no-guessable-randomness': 'const id = Math.random(); const at = Math.round(id);',
  'no-raw-html': 'node.innerHTML = text; node.textContent = text;',
  'no-open-modes': 'chmodSync(file, 0o777); chmodSync(file, 0o600);',
};

test('every rule has something planted for it, and leaves out only files that there are', () => {
  expect(Object.keys(PLANTED).sort()).toEqual(rules.map(({ id }) => id).sort());
  const page = readFileSync(path.join(ROOT, 'docs', 'security.md'), 'utf8');
  for (const { id, paths } of rules) {
    expect(page).toContain(`| \`${id}\``);
    for (const file of paths?.exclude ?? []) expect(readFileSync(path.join(ROOT, file), 'utf8')).not.toBe('');
  }
});

describeWhere(spawnSync('semgrep', ['--version']).status === 0, 'semgrep')('semgrep', () => {
  const scan = (...args: string[]) =>
    runTool('semgrep', ['scan', '--metrics=off', '--disable-version-check', '--json', '--config', RULES, ...args]);
  const found = (stdout: string): string[] =>
    (JSON.parse(stdout) as { results: { check_id: string; path: string }[] }).results.map(
      ({ check_id: id, path: file }) => `${path.basename(file, '.ts')}: ${id.split('.').at(-1) ?? ''}`,
    );

  test('finds what is planted, and only that', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-scan-'));
    try {
      for (const [id, code] of Object.entries(PLANTED)) writeFileSync(path.join(folder, `${id}.ts`), `${code}\n`);
      const { stdout } = scan('--no-git-ignore', folder);
      expect(found(stdout).sort()).toEqual(rules.map(({ id }) => `${id}: ${id}`).sort());
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 240_000);

  test('finds nothing in what ships', () => {
    const { stdout } = scan(...['src', 'bin', 'scripts', 'deploy'].map((name) => path.join(ROOT, name)));
    expect(found(stdout)).toEqual([]);
  }, 400_000);
});
