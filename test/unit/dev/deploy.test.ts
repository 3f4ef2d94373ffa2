/** There is no Docker engine where the tests run: this checks what can be checked of the files themselves. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..', '..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

interface Service {
  image?: string;
  build?: { context: string; dockerfile: string };
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
  volumes?: string[];
  healthcheck?: { test: string[] };
  environment?: Record<string, string>;
  command?: string[];
}

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, null>;
}

const yaml = createRequire(__filename)('js-yaml') as { load(text: string): unknown };
const compose = yaml.load(read('docker-compose.yml')) as Compose;
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  it('has the servers and the worker', () => {
    expect(Object.keys(compose.services)).toEqual([
      'postgres',
      'temporal-schema',
      'temporal',
      'temporal-namespace',
      'temporal-ui',
      's3',
      'worker',
    ]);
  });

  it.each(services)('%s has one image, pinned by version, or a Dockerfile that exists', (_, service) => {
    expect([service.image, service.build].filter((source) => source !== undefined)).toHaveLength(1);
    if (service.image !== undefined) expect(service.image).toMatch(/:v?\d+(\.\d+)*(-\w+)?$/);
    if (service.build !== undefined) expect(existsSync(path.join(ROOT, service.build.dockerfile))).toBe(true);
  });

  it.each(services)('%s waits only for conditions that the other service can meet', (_, service) => {
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      const other = compose.services[name];
      expect(other).toBeDefined();
      // A service without a health check is never healthy: compose would refuse or wait for ever.
      if (condition === 'service_healthy') expect(other?.healthcheck?.test.length).toBeGreaterThan(1);
      else expect(condition).toBe('service_completed_successfully');
    }
  });

  it('publishes ports of its own, to this machine only', () => {
    const ports = services.flatMap(([, { ports: published = [] }]) => published);
    expect(ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
    expect(new Set(ports.map((port) => port.split(':')[1])).size).toBe(ports.length);
  });

  it('declares every named volume that is mounted', () => {
    const mounted = services
      .flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''))
      .filter((source) => !source.startsWith('.'));
    expect(mounted.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('gives the worker the keys of the S3 server', () => {
    const { s3, worker } = compose.services;
    expect(worker?.environment?.AWS_ACCESS_KEY_ID).toBe(s3?.environment?.ROOT_ACCESS_KEY);
    expect(worker?.environment?.AWS_SECRET_ACCESS_KEY).toBe(s3?.environment?.ROOT_SECRET_KEY);
  });
});

describe('deploy/Dockerfile', () => {
  const dockerfile = read('deploy/Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) => files.split(' '));

  it('copies files that exist and that the build context lets through', () => {
    const allowed = read('deploy/Dockerfile.dockerignore');
    expect(copied).toContain('src');
    for (const file of copied) {
      expect(existsSync(path.join(ROOT, file))).toBe(true);
      expect(allowed.split('\n')).toContain(`!${file}`);
    }
  });

  it('runs as user 1001, in exec form', () => {
    expect(dockerfile).toMatch(/^USER 1001:1001$/m);
    const commands = [...dockerfile.matchAll(/^(?:ENTRYPOINT|CMD) (.+)$/gm)].map(([, command = '']) => command);
    expect(commands).toHaveLength(2);
    for (const command of commands) expect(Array.isArray(JSON.parse(command))).toBe(true);
  });
});
