/** Rules, alerts, their tests and the dashboard: promtool reads them, and they name nothing that is not there. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { load } from 'js-yaml';
import { describeWhere } from '../support/skip';
import { DEPLOY, checkTools, runTool } from './support/check-tools';
import { knownSeries, metricsIn } from './support/metric-names';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly annotations?: { readonly runbook: string };
}
interface RuleFile {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}
interface TestFile {
  readonly tests: readonly {
    readonly alert_rule_test?: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
}
interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const PROMETHEUS = path.join(DEPLOY, 'prometheus');
const filesIn = (folder: string, suffix: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => path.join(folder, name));
const ruleFiles = filesIn(PROMETHEUS, '.rules.yml');
const testFiles = filesIn(path.join(PROMETHEUS, 'tests'), '.test.yml');
const rules = ruleFiles.flatMap((file) =>
  (load(readFileSync(file, 'utf8')) as RuleFile).groups.flatMap((group) => group.rules),
);
const alerts = rules.flatMap(({ alert }) => alert ?? []);
const dashboard = JSON.parse(
  readFileSync(path.join(DEPLOY, 'grafana', 'dashboards', 'longhaul.json'), 'utf8'),
) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));

const { promtool } = checkTools();

describeWhere(promtool !== null, 'promtool, or Go to build it')('promtool', () => {
  const check = (...args: string[]) => {
    const { status, stdout, stderr } = runTool(promtool ?? '', args, { cwd: DEPLOY });
    return { status, output: stdout + stderr };
  };

  test('accepts the rules', () => {
    const { status, output } = check('check', 'rules', ...ruleFiles);
    expect(output).toContain(`SUCCESS: ${alerts.length} rules found`);
    expect(status).toBe(0);
  });

  test('accepts the scrape configuration', () => {
    expect(check('check', 'config', path.join(PROMETHEUS, 'prometheus.yml'))).toMatchObject({ status: 0 });
  });

  test('finds that every alert fires when it has to, and at no other time', () => {
    const { status, output } = check('test', 'rules', ...testFiles);
    expect(output).not.toContain('FAILED');
    expect(status).toBe(0);
  }, 120_000);

  test('reads every query of the dashboard', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-dashboard-'));
    try {
      const file = path.join(folder, 'queries.yml');
      const records = queries.map(({ expr }, index) => ({
        record: `query_${index}`,
        expr: expr.replaceAll('$__rate_interval', '5m'),
      }));
      // JSON is YAML.
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: records }] }));
      const { status, output } = check('check', 'rules', file);
      expect(output).toContain(`SUCCESS: ${queries.length} rules found`);
      expect(status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('every alert has a test in which it fires, and one in which it does not', () => {
  const cases = testFiles
    .flatMap((file) => (load(readFileSync(file, 'utf8')) as TestFile).tests)
    .flatMap((entry) => entry.alert_rule_test ?? []);
  const fired = cases.filter(({ exp_alerts }) => exp_alerts.length > 0).map(({ alertname }) => alertname);
  const silent = cases.filter(({ exp_alerts }) => exp_alerts.length === 0).map(({ alertname }) => alertname);
  expect(alerts.filter((alert) => !fired.includes(alert))).toEqual([]);
  // The two of one alert and one process fire for one of several series: those are their silent cases.
  const within = ['MemoryNearLimit', 'ProcessDown', 'ProcessNotReady'];
  expect(alerts.filter((alert) => !silent.includes(alert) && !within.includes(alert))).toEqual([]);
});

test('rules and dashboard name only series that are exposed or recorded', async () => {
  const known = await knownSeries();
  for (const { record } of rules) if (record !== undefined) known.add(record);
  const expressions = [...rules, ...queries].map(({ expr }) => expr);
  const named = new Set(expressions.flatMap(metricsIn));
  expect(named.size).toBeGreaterThan(20);
  expect([...named].filter((name) => !known.has(name))).toEqual([]);
});

test('each alert says what to do, in a section of the guide', () => {
  const guide = readFileSync(path.join(DEPLOY, '..', 'docs', 'guide-deploy.md'), 'utf8');
  const anchors = guide
    .split('\n')
    .flatMap((line) => /^#{2,4} (.+)$/.exec(line)?.[1] ?? [])
    .map((title) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
  const sections = rules.flatMap(({ annotations }) => annotations?.runbook.split('#')[1] ?? []);
  expect(sections).toHaveLength(alerts.length);
  expect(sections.filter((section) => !anchors.includes(section))).toEqual([]);
});

test('panels have numbers of their own and say what they show', () => {
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  expect(dashboard.panels.filter(({ title, targets }) => title === '' || targets.length === 0)).toEqual([]);
});
