/** The Helm chart: rendered by Helm, decoded strictly into the types of Kubernetes, and held against the code. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { loadAll } from 'js-yaml';
import { describeWhere } from '../support/skip';
import { DEPLOY, ROOT, checkTools, runTool } from './support/check-tools';

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: unknown;
  readonly securityContext: unknown;
  readonly startupProbe: unknown;
  readonly livenessProbe: unknown;
  readonly readinessProbe: unknown;
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly groups?: readonly { readonly name: string; readonly rules: readonly unknown[] }[];
    readonly jobLabel?: string;
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly serviceAccountName: string;
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: unknown;
        readonly containers: readonly Container[];
      };
    };
  };
}

const CHART = path.join(DEPLOY, 'helm', 'longhaul');
const KUBERNETES = '1.32.0';
/** What everybody has to give. */
const LEAST = ['bridge.sqsQueueUrl=https://sqs.example/events', 'bridge.dlq=https://sqs.example/dlq'];
const ALL = [
  ...LEAST,
  'serviceMonitor.enabled=true',
  'prometheusRule.enabled=true',
  'awsWebIdentity.roleArn=arn:aws:iam::123456789012:role/longhaul',
  'googleWorkloadIdentity.audience=//iam.googleapis.com/projects/1/locations/global/x',
  'googleWorkloadIdentity.serviceAccount=worker@project.iam.gserviceaccount.com',
  'networkPolicy.gkeMetadataServer=true',
  'temporal.apiKeySecret.name=temporal',
  'temporal.apiKeySecret.key=key',
  'projects.proj01.api_.endpoint=https://vendor.example/export',
  'secretNames={vendor-keys}',
];

const { helm, kubecheck } = checkTools();
const render = (values: readonly string[]) => {
  const set = values.flatMap((value) => ['--set', value]);
  return runTool(helm ?? '', ['template', 'release', CHART, '--kube-version', KUBERNETES, ...set]);
};
const manifestsOf = (values: readonly string[]): Manifest[] => {
  const { status, stdout, stderr } = render(values);
  if (status !== 0) throw new Error(stderr);
  return loadAll(stdout).filter((document): document is Manifest => document !== null && document !== undefined);
};

describeWhere(helm !== null, 'Helm, or Go to build it')('the chart', () => {
  test('has nothing that Helm warns of', () => {
    const set = ALL.flatMap((value) => ['--set', value]);
    const { status, stdout } = runTool(helm ?? '', ['lint', '--strict', CHART, ...set]);
    expect(stdout).toContain('0 chart(s) failed');
    expect(status).toBe(0);
  });

  test('asks for what it cannot do without', () => {
    expect(render([])).toMatchObject({ status: 1, stderr: expect.stringContaining('bridge.sqsQueueUrl') as string });
    expect(render(LEAST.slice(0, 1))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('bridge.dlq') as string,
    });
    expect(render([...LEAST, 'bridge.drainSeconds=45'])).toMatchObject({ status: 1 });
    expect(render(['bridge.enabled=false'])).toMatchObject({ status: 0 });
  });

  test('runs three of each role as transfer-worker-sa, within its memory, with time to drain', () => {
    const deployments = manifestsOf(LEAST).filter(({ kind }) => kind === 'Deployment');
    expect(deployments.map(({ metadata }) => metadata.name)).toEqual([
      'release-longhaul-bridge',
      'release-longhaul-orchestrator',
      'release-longhaul-transfer-worker',
    ]);
    const forced = Number(
      /SHUTDOWN_FORCE = '(\d+) seconds'/.exec(readFileSync(path.join(ROOT, 'src', 'worker.ts'), 'utf8'))?.[1],
    );
    expect(forced).toBeGreaterThan(0);
    for (const { spec } of deployments) {
      const pod = spec.template?.spec;
      expect(spec.replicas).toBe(3);
      expect(pod?.serviceAccountName).toBe('transfer-worker-sa');
      expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(forced);
      expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1001 });
      expect(spec.template?.metadata.labels).toMatchObject(spec.selector?.matchLabels ?? {});
      const container = pod?.containers[0];
      expect(container?.resources).toEqual({
        requests: { cpu: '100m', memory: '256Mi' },
        limits: { cpu: '500m', memory: '512Mi' },
      });
      expect(container?.securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      });
      expect(container?.livenessProbe).toMatchObject({ httpGet: { path: '/health' } });
      expect(container?.readinessProbe).toMatchObject({ httpGet: { path: '/ready' } });
    }
    const deadLetters = deployments.map(({ spec }) =>
      spec.template?.spec.containers[0]?.env.find(({ name }) => name === 'LONGHAUL_DLQ'),
    );
    expect(deadLetters.map((variable) => variable?.value)).toEqual(Array(3).fill('https://sqs.example/dlq'));
    const drain = deployments[0]?.spec.template?.spec.containers[0]?.env.find(
      ({ name }) => name === 'LONGHAUL_BRIDGE_DRAIN_SEC',
    );
    expect(deployments[0]?.spec.template?.spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(drain?.value));
    expect(deployments.map(({ spec }) => spec.template?.spec.containers[0]?.args)).toEqual([
      ['worker', '--roles', 'bridge'],
      ['worker', '--roles', 'workflows,api'],
      ['worker', '--roles', 'transfer'],
    ]);
  });

  test('a disruption budget for each, and one policy for their network', () => {
    const kinds = manifestsOf(LEAST).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'PodDisruptionBudget')).toHaveLength(3);
    expect(kinds.filter((kind) => kind === 'NetworkPolicy')).toHaveLength(1);
    expect(kinds).not.toContain('ServiceMonitor');
  });

  test('brings the rules of deploy/prometheus along, word for word', () => {
    const rule = manifestsOf(ALL).find(({ kind }) => kind === 'PrometheusRule');
    const files = ['recording.rules.yml', 'alerts.rules.yml'].map((name) =>
      readFileSync(path.join(DEPLOY, 'prometheus', name), 'utf8'),
    );
    const groups = files.flatMap((text) => (loadAll(text)[0] as { groups: readonly unknown[] }).groups);
    expect(rule?.spec.groups).toEqual(groups);
    expect(manifestsOf(ALL).find(({ kind }) => kind === 'ServiceMonitor')?.spec.jobLabel).toBe(
      'app.kubernetes.io/name',
    );
  });

  test('a credential file for Google that is JSON and holds no secret', () => {
    const map = manifestsOf(ALL).find(({ metadata }) => metadata.name === 'release-longhaul-google');
    expect(JSON.parse(map?.data?.['credentials.json'] ?? '')).toEqual({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      service_account_impersonation_url:
        'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/worker@project.iam.gserviceaccount.com:generateAccessToken',
      credential_source: { file: '/var/run/secrets/google/token', format: { type: 'text' } },
    });
  });
});

describeWhere(helm !== null && kubecheck !== null, 'Helm and kubecheck, or Go to build them')('Kubernetes', () => {
  test.each([
    ['what has to be given', LEAST],
    ['everything', ALL],
    ['Pub/Sub', ['bridge.pubsubSubscription=projects/p/subscriptions/s', 'bridge.dlq=projects/p/topics/d']],
  ])('knows every field of every object with %s', (_, values) => {
    const { status, stdout } = runTool(kubecheck ?? '', [], { input: render(values).stdout });
    const lines = stdout.trim().split('\n');
    expect(lines.filter((line) => line.startsWith('wrong'))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('ok')).length).toBeGreaterThan(8);
    expect(status).toBe(0);
    // Resources of the Prometheus operator.
    const foreign = lines.filter((line) => line.startsWith('not checked'));
    expect(foreign.every((line) => line.includes('monitoring.coreos.com/v1'))).toBe(true);
  });

  test('and a field that there is not would be found', () => {
    const manifest = 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  replica: 3\n';
    expect(runTool(kubecheck ?? '', [], { input: manifest })).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('unknown field "spec.replica"') as string,
    });
  });
});
