/** What deploy/Dockerfile promises, as far as it can be read; image.test.ts runs it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DEPLOY } from './support/check-tools';
import { environmentOf, execForm, readDockerfile, valuesOf, type Stage } from './support/dockerfile';

const stages = readDockerfile(path.join(DEPLOY, 'Dockerfile'));
const last = stages.at(-1) as Stage;

test('several stages on glibc, and nothing of the build but what runs', () => {
  expect(stages.map(({ name }) => name)).toEqual(['build', null]);
  for (const { base } of stages) expect(base).toMatch(/^node:\$\{NODE_VERSION\}-bookworm-slim$/);
  const copied = valuesOf(last, 'COPY').join('\n');
  expect(copied).not.toMatch(/\bsrc\b|\bscripts\b|\btest\b|lock|tsconfig/);
  expect(valuesOf(stages[0] as Stage, 'RUN').at(-1)).toBe('npm prune --omit=dev');
});

test('UID 1001, which owns none of the files', () => {
  expect(valuesOf(last, 'USER')).toEqual(['1001:1001']);
  expect(valuesOf(last, 'RUN').join()).toContain('useradd --uid 1001 --gid 1001');
  expect(valuesOf(last, 'COPY').join()).not.toContain('--chown');
  expect(valuesOf(last, 'RUN').join()).not.toMatch(/chown|chmod/);
});

test('exec form throughout, a health check, and ports that the settings name', () => {
  expect(execForm(valuesOf(last, 'ENTRYPOINT')[0] ?? '')).toEqual(['/app/deploy/entrypoint.sh']);
  expect(execForm(valuesOf(last, 'CMD')[0] ?? '')).toEqual(['worker']);
  expect(valuesOf(last, 'HEALTHCHECK')[0]).toMatch(
    /--interval=\d+s .* CMD \["node", "\/app\/deploy\/healthcheck\.js"\]$/,
  );
  const { LONGHAUL_HEALTH_ADDRESS, LONGHAUL_METRICS_ADDRESS } = environmentOf(last);
  expect(valuesOf(last, 'EXPOSE')).toEqual([
    `${LONGHAUL_HEALTH_ADDRESS} ${LONGHAUL_METRICS_ADDRESS}`.replaceAll(':', ''),
  ]);
});

test('the context lets in only what is copied: no keys, no modules of another machine', () => {
  const ignored = readFileSync(path.join(DEPLOY, 'Dockerfile.dockerignore'), 'utf8');
  const lines = ignored.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines[0]).toBe('*');
  const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const fromContext = stages
    .flatMap((stage) => valuesOf(stage, 'COPY'))
    .filter((value) => !value.includes('--from'))
    .flatMap((value) => value.split(/\s+/).slice(0, -1));
  expect(fromContext.filter((name) => !allowed.includes(name))).toEqual([]);
  // And for the folder itself, whose content is shut out again.
  expect(allowed.filter((name) => !fromContext.includes(name))).toEqual(['deploy']);
});

describe('the entry script', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'longhaul-entry-'));
    // In the place of node: says what it was given.
    writeFileSync(path.join(folder, 'node'), '#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n');
    chmodSync(path.join(folder, 'node'), 0o755);
    mkdirSync(path.join(folder, 'memory'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = (limit: string | null, env: Record<string, string> = {}, file = 'memory.max'): string[] => {
    rmSync(path.join(folder, 'memory.max'), { force: true });
    if (limit !== null) writeFileSync(path.join(folder, file), `${limit}\n`);
    const { stdout, status } = spawnSync(path.join(DEPLOY, 'entrypoint.sh'), ['worker', '--roles', 'a b'], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env.PATH ?? ''}`, LONGHAUL_CGROUP_DIR: folder, ...env },
    });
    expect(status).toBe(0);
    return stdout.trim().split('\n');
  };
  const command = [path.join(path.dirname(DEPLOY), 'bin', 'longhaul.js'), 'worker', '--roles', 'a b'];
  const MIB = 1024 ** 2;

  test.each([
    [512, {}, 288],
    [2048, {}, 1440],
    [2048, { LONGHAUL_TRANSFER_MEMORY_MB: '1024' }, 768],
    [2048, { LONGHAUL_TRANSFER_MEMORY_MB: 'much' }, 1440],
    [192, {}, 128],
  ])('with %d MiB and %j the heap has %d MiB', (limitMib, env, heapMib) => {
    expect(start(String(limitMib * MIB), env)).toEqual([`--max-old-space-size=${heapMib}`, ...command]);
  });

  test('without a limit, or with one in NODE_OPTIONS, node decides', () => {
    expect(start('max')).toEqual(command);
    expect(start(null)).toEqual(command);
    expect(start(String(512 * MIB), { NODE_OPTIONS: '--max-old-space-size=99' })).toEqual(command);
  });

  test('control groups of version 1', () => {
    expect(start(String(512 * MIB), {}, 'memory/memory.limit_in_bytes')[0]).toBe('--max-old-space-size=288');
    expect(start('9223372036854771712', {}, 'memory/memory.limit_in_bytes')).toEqual(command);
  });
});
