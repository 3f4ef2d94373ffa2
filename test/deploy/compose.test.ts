/** docker-compose.yml: read by the library of Docker Compose, and held against what the rest of deploy/ says. */
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { load } from 'js-yaml';
import { describeWhere } from '../support/skip';
import { DEPLOY, ROOT, checkTools, runTool } from './support/check-tools';

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: unknown;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const FILE = path.join(ROOT, 'docker-compose.yml');
const { services, volumes: declared } = load(readFileSync(FILE, 'utf8')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const entries = Object.entries(services);
const { composecheck } = checkTools();

describeWhere(composecheck !== null, 'Go, to build composecheck')('Docker Compose', () => {
  test('reads it', () => {
    const { status, stdout, stderr } = runTool(composecheck ?? '', [FILE]);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual(Object.keys(services).sort());
    expect(status).toBe(0);
  });
});

test('what runs for long is checked, by itself or by what makes the buckets', () => {
  const ends = ['temporal-schema', 'temporal-namespace', 'emulators-ready'];
  const asked = Object.keys(services['emulators-ready']?.depends_on ?? {});
  // The image of the worker and the bridge has a health check of its own; the Web UI is what nothing waits for.
  const other = ['worker', 'bridge', 'temporal-ui', ...ends, ...asked];
  expect(entries.filter(([name, { healthcheck }]) => !healthcheck && !other.includes(name))).toEqual([]);
});

test.each(entries)('%s waits only for conditions that the other service can meet', (_, { depends_on = {} }) => {
  for (const [name, { condition }] of Object.entries(depends_on)) {
    // A service without a health check is never healthy: compose would refuse or wait for ever.
    if (condition === 'service_healthy') expect(services[name]?.healthcheck).toBeDefined();
    else if (condition === 'service_started') expect(['sqs', 'pubsub']).toContain(name);
    else expect(condition).toBe('service_completed_successfully');
  }
});

test('every named volume that is mounted is declared', () => {
  const mounted = entries
    .flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    .filter((source) => !source.startsWith('.'));
  expect(mounted.sort()).toEqual(Object.keys(declared).sort());
});

test('worker and bridge are built, and have the keys of the S3 server', () => {
  const { s3, worker, bridge } = services;
  for (const service of [worker, bridge]) {
    expect(existsSync(path.join(ROOT, service?.build?.dockerfile ?? '?'))).toBe(true);
    expect(service?.environment?.AWS_ACCESS_KEY_ID).toBe(s3?.environment?.ROOT_ACCESS_KEY);
    expect(service?.environment?.AWS_SECRET_ACCESS_KEY).toBe(s3?.environment?.ROOT_SECRET_KEY);
  }
});

test('nothing listens but on this machine, and every image has a version', () => {
  const ports = entries.flatMap(([, { ports = [] }]) => ports);
  expect(ports.length).toBeGreaterThan(5);
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  expect(new Set(ports.map((port) => port.split(':')[1])).size).toBe(ports.length);
  const images = entries.flatMap(([, { image }]) => image ?? []).filter((image) => image !== 'longhaul');
  expect(images.filter((image) => !/:[\w.-]+$/.test(image) || image.endsWith(':latest'))).toEqual([]);
});

test('worker and bridge run as in the cluster, and have time to drain', () => {
  for (const name of ['worker', 'bridge']) {
    expect(services[name]).toMatchObject({ read_only: true, cap_drop: ['ALL'], stop_grace_period: '45s' });
  }
});

test('files that are mounted are there', () => {
  const files = entries
    .flatMap(([, { volumes = [] }]) => volumes)
    .flatMap((volume) => /^\.\/([^:]+):/.exec(volume)?.[1] ?? []);
  expect(files).toContain('deploy/prometheus');
  expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
});

test('what Prometheus scrapes are services, and it keeps what the rules look back on', () => {
  const config = load(readFileSync(path.join(DEPLOY, 'prometheus', 'prometheus.yml'), 'utf8')) as {
    readonly scrape_configs: readonly { readonly static_configs: readonly { readonly targets: readonly string[] }[] }[];
  };
  const hosts = config.scrape_configs
    .flatMap(({ static_configs }) => static_configs.flatMap(({ targets }) => targets))
    .map((target) => target.split(':')[0] ?? '');
  expect(hosts.filter((host) => host !== 'localhost' && !(host in services))).toEqual([]);
  const days = /retention\.time=(\d+)d/.exec(services.prometheus?.command?.join(' ') ?? '')?.[1];
  expect(Number(days)).toBeGreaterThan(30);
});

test('the queues of the bridge are those that the emulators have', () => {
  const { environment = {} } = services.bridge ?? {};
  const queues = readFileSync(path.join(DEPLOY, 'compose', 'elasticmq.conf'), 'utf8');
  for (const name of ['LONGHAUL_BRIDGE_SQS_QUEUE_URL', 'LONGHAUL_DLQ']) {
    expect(queues).toMatch(new RegExp(`^  ${environment[name]?.split('/').at(-1) ?? '?'} \\{`, 'm'));
  }
  const made = readFileSync(path.join(DEPLOY, 'compose', 'emulators.sh'), 'utf8');
  expect(made).toContain(`/v1/${environment.LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION}\n`);
});
