/** .github/: workflows of a known shape, actions pinned by commit, and only commands that there are. */
import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';
import { ROOT, runTool } from './support/check-tools';

const FOLDER = path.join(ROOT, '.github', 'workflows');
const files = readdirSync(FOLDER);
const read = (file: string): string => readFileSync(path.join(FOLDER, file), 'utf8');

/** The part of GitHub's syntax that is used here; strict, so that a misspelt key is found. */
const step = z.union([
  z.strictObject({
    uses: z.string().regex(/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/),
    with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  }),
  z.strictObject({ run: z.string().min(1) }),
]);
const job = z.strictObject({
  name: z.string(),
  'runs-on': z.string().regex(/^ubuntu-\d+\.\d+$/),
  'timeout-minutes': z.int().min(5).max(360),
  strategy: z.strictObject({ 'fail-fast': z.boolean(), matrix: z.record(z.string(), z.array(z.number())) }).optional(),
  steps: z.array(step).min(2),
});
const workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({
    push: z.strictObject({ branches: z.array(z.string()) }).optional(),
    pull_request: z.null().optional(),
    workflow_dispatch: z.null(),
    schedule: z.array(z.strictObject({ cron: z.string().regex(/^(\S+ ){4}\S+$/) })).optional(),
  }),
  permissions: z.strictObject({ contents: z.literal('read') }),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.string() }).optional(),
  jobs: z.record(z.string(), job),
});
const parsed = (file: string): z.infer<typeof workflow> => workflow.parse(load(read(file)));
const runsOf = (file: string): string[] =>
  Object.values(parsed(file).jobs).flatMap(({ steps }) => steps.flatMap((each) => ('run' in each ? [each.run] : [])));

const { scripts, engines } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
};

test.each(files)('%s is a workflow that may only read, on a pinned machine', (file) => {
  expect(workflow.safeParse(load(read(file)))).toMatchObject({ success: true });
});

test.each(files)('%s says which version each pinned commit is, everywhere the same', (file) => {
  const uses = [...read(file).matchAll(/uses: (\S+)@(\S+)(?: # (v\d+\.\d+\.\d+))?$/gm)];
  expect(uses.length).toBeGreaterThan(1);
  const all = files.flatMap((each) => [...read(each).matchAll(/uses: (\S+)@(\S+)/g)]);
  for (const [, action, commit, version] of uses) {
    expect({ action, version }).toEqual({ action, version: expect.any(String) as unknown });
    expect(new Set(all.filter((each) => each[1] === action).map((each) => each[2]))).toEqual(new Set([commit]));
  }
});

test.each(files)('%s runs only scripts that package.json has', (file) => {
  for (const line of runsOf(file)) {
    const [, name] = /^npm run (\S+)/.exec(line) ?? [];
    if (name !== undefined) expect(scripts).toHaveProperty([name]);
  }
});

test('CI runs the command of the README on the Node versions that are supported, and all static checks', () => {
  const { jobs } = parsed('ci.yml');
  expect(jobs['test']?.strategy?.matrix).toEqual({ node: [20, 22, 24] });
  expect(engines.node).toMatch(/^>=20\./);
  expect(readFileSync(path.join(ROOT, 'README.md'), 'utf8')).toContain('$ npm test\n');
  const runs = runsOf('ci.yml');
  expect(runs).toEqual(expect.arrayContaining(['npm test', 'npm pack']));
  for (const check of ['lint', 'format:check', 'typecheck', 'docs:check', 'licenses', 'scan'])
    expect(runs).toContain(`npm run ${check}`);
});

test('the night runs storm and chaos', () => {
  expect(parsed('nightly.yml').on.schedule).toHaveLength(1);
  expect(runsOf('nightly.yml').join('\n')).toMatch(/npm run storm -- --minutes \d+.*npm run chaos -- --minutes \d+/s);
});

test('Dependabot looks after every kind of dependency', () => {
  const { version, updates } = load(readFileSync(path.join(ROOT, '.github', 'dependabot.yml'), 'utf8')) as {
    readonly version: number;
    readonly updates: readonly {
      readonly 'package-ecosystem': string;
      readonly schedule: { readonly interval: string };
    }[];
  };
  expect(version).toBe(2);
  expect(updates.map((each) => each['package-ecosystem'])).toEqual(['npm', 'github-actions', 'gomod', 'docker']);
  for (const { schedule } of updates) expect(['weekly', 'monthly']).toContain(schedule.interval);
});

describe('the licenses of what runs', () => {
  test('are all allowed', () => {
    const { status, stdout, stderr } = runTool(process.execPath, [
      path.join(ROOT, 'scripts', 'licenses.mjs'),
      '--json',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const report = JSON.parse(stdout) as { components: number; counts: Record<string, number>; refused: unknown[] };
    expect(report.components).toBeGreaterThan(100);
    expect(report.refused).toEqual([]);
    expect(report.counts['MIT']).toBeGreaterThan(50);
  });

  test('one that is not allowed is found, also in an expression', () => {
    const script = `
      import { isAllowed, licenseReport } from ${JSON.stringify(path.join(ROOT, 'scripts', 'licenses.mjs'))};
      const of = (name, licenses) => ({ name, version: '1.0.0', licenses });
      console.log(JSON.stringify({
        refused: licenseReport([
          of('a', [{ license: { id: 'GPL-3.0-only' } }]),
          of('b', [{ expression: 'MIT OR GPL-3.0-only' }]),
          of('c', [{ expression: 'MIT AND GPL-3.0-only' }]),
          of('d', undefined),
          of('unionfs', undefined),
        ]).refused.map(({ name }) => name),
        either: isAllowed('(MIT OR CC0-1.0)'),
      }));`;
    const { stdout, stderr } = runTool(process.execPath, ['--input-type=module', '--eval', script]);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ refused: ['a', 'c', 'd'], either: true });
  });
});
