/** deploy/ops-profile.json: after its schema, and the same as rules, chart and image say. And the bill of materials. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';
import { DEPLOY, ROOT, runTool } from './support/check-tools';

interface Profile {
  readonly contacts: Readonly<Record<string, string>>;
  readonly objectives: readonly {
    readonly target: number;
    readonly metric: string;
    readonly alerts: readonly string[];
  }[];
  readonly alerts: readonly { readonly name: string; readonly severity: string; readonly runbook: string }[];
  readonly limits: unknown;
}
interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: { readonly severity: string };
  readonly annotations?: { readonly runbook: string };
}

const read = (...names: string[]): string => readFileSync(path.join(DEPLOY, ...names), 'utf8');
const profile = JSON.parse(read('ops-profile.json')) as Profile;
const schema = z.fromJSONSchema(JSON.parse(read('ops-profile.schema.json')) as Parameters<typeof z.fromJSONSchema>[0]);
const rules = ['alerts.rules.yml', 'recording.rules.yml'].flatMap((name) =>
  (load(read('prometheus', name)) as { groups: readonly { rules: readonly Rule[] }[] }).groups.flatMap(
    (group) => group.rules,
  ),
);

test('follows its schema, which would find what is missing or misspelt', () => {
  expect(schema.safeParse(profile)).toMatchObject({ success: true });
  const { contacts, ...rest } = profile;
  expect(schema.safeParse(rest).success).toBe(false);
  expect(schema.safeParse({ ...rest, contacts: { ...contacts, oncall: 'x' } }).success).toBe(false);
  expect(schema.safeParse({ ...profile, limits: { replicas: 'three' } }).success).toBe(false);
});

test('names every alert with its severity and its runbook', () => {
  const alerts = rules
    .filter(({ alert }) => alert !== undefined)
    .map(({ alert, labels, annotations }) => ({
      name: alert,
      severity: labels?.severity,
      runbook: annotations?.runbook,
    }));
  expect(profile.alerts).toEqual(alerts);
});

test('its objectives are recorded, and the alerts stand on the same numbers', () => {
  for (const { metric, alerts } of profile.objectives) {
    expect(rules.map(({ record }) => record)).toContain(metric);
    expect(profile.alerts.map(({ name }) => name)).toEqual(expect.arrayContaining([...alerts]));
  }
  const [success, duration] = profile.objectives.map(({ target }) => target);
  const expression = (name: string): string =>
    rules.find(({ alert, record }) => (alert ?? record) === name)?.expr ?? '';
  expect(expression('longhaul:transfer_error_budget_left:ratio30d')).toContain(`(1 - ${success})`);
  expect(expression('HighLatency')).toContain(`> ${duration}`);
  expect(expression('ErrorBudgetBurns')).toContain(`> ${(1 - (success ?? 0)).toFixed(3)}`);
});

test('its limits are those of the chart', () => {
  const values = load(read('helm', 'longhaul', 'values.yaml')) as {
    readonly workers: Readonly<Record<string, { readonly replicas: number }>>;
    readonly resources: Readonly<Record<'requests' | 'limits', { readonly cpu: string; readonly memory: string }>>;
    readonly transferMemoryMb: number;
    readonly terminationGracePeriodSeconds: number;
  };
  const numbers = ({ cpu, memory }: { readonly cpu: string; readonly memory: string }) => ({
    memoryMib: Number.parseInt(memory, 10),
    cpuMillis: Number.parseInt(cpu, 10),
  });
  expect(profile.limits).toEqual({
    replicas: values.workers['transfer-worker']?.replicas,
    requests: numbers(values.resources.requests),
    limits: numbers(values.resources.limits),
    transferMemoryMib: values.transferMemoryMb,
    terminationGracePeriodSeconds: values.terminationGracePeriodSeconds,
  });
});

test('the bill of materials holds what runs, and nothing of development', () => {
  const { status, stdout } = runTool(process.execPath, [path.join(ROOT, 'scripts', 'sbom.mjs')]);
  expect(status).toBe(0);
  const bom = JSON.parse(stdout) as {
    readonly bomFormat: string;
    readonly metadata: { readonly component: { readonly name: string } };
    readonly components: readonly { readonly name: string; readonly version: string; readonly purl: string }[];
  };
  expect(bom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'longhaul' } } });
  const { dependencies, devDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Readonly<Record<string, string>>
  >;
  const listed = bom.components.map(({ name, version }) => `${name}@${version}`);
  expect(listed).toEqual(
    expect.arrayContaining(Object.entries(dependencies).map(([name, version]) => `${name}@${version}`)),
  );
  // Some of development are needed by what runs as well: the lock file knows.
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  const onlyDevelopment = Object.keys(devDependencies).filter((name) => packages[`node_modules/${name}`]?.dev === true);
  expect(onlyDevelopment).toEqual(expect.arrayContaining(['jest', 'eslint', 'typescript']));
  const names = bom.components.map(({ name }) => name);
  expect(onlyDevelopment.filter((name) => names.includes(name))).toEqual([]);
  expect(bom.components.filter(({ purl }) => !purl.startsWith('pkg:npm/'))).toEqual([]);
});
