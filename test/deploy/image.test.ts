/**
 * The image's own command, by hand: the steps of the Dockerfile in a folder, then its entry point as UID 1001 with a root
 * file system that is read-only, in a mount namespace of its own.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { freePort } from '../../src/dev/ports';
import type { Stack } from '../../src/dev/stack';
import { ownStack } from '../support/shared-stack';
import { describeWhere } from '../support/skip';
import { until } from '../support/until';
import { DEPLOY } from './support/check-tools';
import { environmentOf, execForm, readDockerfile, valuesOf, type Stage } from './support/dockerfile';
import { buildImage } from './support/image';
import { TEMPORAL_METRICS, seriesIn } from './support/metric-names';

const READ_ONLY = 'mount -o remount,bind,ro / && exec setpriv --reuid 1001 --regid 1001 --clear-groups "$@"';
const inImage = (words: readonly string[]): [string, string[]] => [
  'unshare',
  ['--mount', 'sh', '-c', READ_ONLY, 'sh', ...words],
];
const canIsolate = spawnSync(...inImage(['true']), { stdio: 'ignore' }).status === 0;
const LIMIT_BYTES = 512 * 1024 ** 2;

describeWhere(canIsolate, 'root, unshare and setpriv')('the image', () => {
  const stages = readDockerfile(path.join(DEPLOY, 'Dockerfile'));
  const last = stages.at(-1) as Stage;
  let image: ReturnType<typeof buildImage>;
  let stack: Stack;
  let worker: ChildProcess;
  let output = '';
  let environment: Record<string, string>;
  let limits: string;
  let health: string;
  let metrics: string;
  const undos: (() => unknown)[] = [];

  /** Words of the Dockerfile, with the folder in the place of /app. */
  const words = (value: string): string[] =>
    (execForm(value) ?? []).map((word) => word.replace(/^\/app\b/, image.folder));

  beforeAll(async () => {
    image = buildImage(stages);
    undos.push(image.remove);
    limits = mkdtempSync(path.join(tmpdir(), 'longhaul-limits-'));
    undos.push(() => rmSync(limits, { recursive: true }));
    chmodSync(limits, 0o755);
    writeFileSync(path.join(limits, 'memory.max'), `${LIMIT_BYTES}\n`);
    stack = await ownStack();
    undos.push(() => stack.stop());
    health = String(await freePort());
    metrics = String(await freePort());
    const { temporal } = stack.describe();
    environment = {
      ...environmentOf(last),
      PATH: process.env.PATH ?? '',
      HOME: '/app',
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      LONGHAUL_HEALTH_ADDRESS: `:${health}`,
      LONGHAUL_METRICS_ADDRESS: `:${metrics}`,
      LONGHAUL_CGROUP_DIR: limits,
    };
    const command = [...words(valuesOf(last, 'ENTRYPOINT')[0] ?? ''), ...words(valuesOf(last, 'CMD')[0] ?? '')];
    worker = spawn(...inImage(command), { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    undos.push(() => worker.exitCode === null && worker.kill('SIGKILL'));
    for (const stream of [worker.stdout, worker.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }, 240_000);
  afterAll(async () => {
    // In the reverse order; beforeAll may have failed half-way.
    for (const undo of undos.reverse()) await undo();
  });

  const get = async (port: string, page: string): Promise<{ status: number; body: string }> => {
    const answer = await fetch(`http://127.0.0.1:${port}${page}`);
    return { status: answer.status, body: await answer.text() };
  };
  const healthCheck = (): number | null => {
    const command = words((valuesOf(last, 'HEALTHCHECK')[0] ?? '').replace(/^.*? CMD /, ''));
    return spawnSync(...inImage(command), { env: environment }).status;
  };

  test('gets ready as UID 1001 on a read-only root, with a heap that fits its limit', async () => {
    await until(
      async () => {
        if (worker.exitCode !== null) throw new Error(`the worker has ended: ${output}`);
        return (await get(health, '/ready').catch(() => ({ status: 0 }))).status === 200;
      },
      { timeoutMs: 60_000, what: 'a worker that is ready' },
    );
    const status = await readFile(`/proc/${worker.pid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t1001\t1001\t1001\t1001$/m);
    const commandLine = (await readFile(`/proc/${worker.pid}/cmdline`, 'utf8')).split('\0');
    expect(commandLine).toContain('--max-old-space-size=288');
    const mounts = await readFile(`/proc/${worker.pid}/mounts`, 'utf8');
    expect(mounts).toMatch(/^\S+ \/ \S+ ro[, ]/m);
    // From the bundle of the build: bundling would write, and take seconds.
    expect(output).toContain('"event":"worker_ready"');
  }, 90_000);

  test('its health check says so', () => {
    expect(healthCheck()).toBe(0);
  });

  test('serves both pages of metrics, the names of the Temporal SDK as rules and dashboards write them', async () => {
    const { address, namespace } = stack.describe().temporal;
    const connection = await Connection.connect({ address });
    const handle = await new Client({ connection, namespace }).workflow.start('ingestUrls', {
      taskQueue: 'longhaul',
      workflowId: 'no-such-bucket',
      args: [{ bucket: 'no-such-bucket' }],
    });
    try {
      // A name appears with its first observation.
      await until(
        async () => {
          const series = seriesIn((await get(metrics, '/metrics')).body);
          return TEMPORAL_METRICS.every((name) => series.includes(name) || series.includes(`${name}_bucket`));
        },
        { timeoutMs: 30_000, what: 'all metrics of the SDK' },
      );
    } finally {
      await handle.terminate().catch(() => undefined);
      await connection.close();
    }
    expect((await get(health, '/metrics')).body).toContain('\nlonghaul_ready 1\n');
  }, 60_000);

  test('holds nothing of development', () => {
    const found = spawnSync('ls', ['-a', image.folder, path.join(image.folder, 'node_modules')], { encoding: 'utf8' });
    const names = found.stdout.split('\n');
    expect(names).toEqual(expect.arrayContaining(['bin', 'dist', 'pino', '@temporalio']));
    expect(names.filter((name) => ['jest', 'typescript', 'eslint', 'src', 'test', '.git'].includes(name))).toEqual([]);
  });

  test('drains at SIGTERM and ends with 0; the health check notices', async () => {
    const ended = new Promise<number | null>((resolve) => worker.once('exit', resolve));
    worker.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(healthCheck()).toBe(1);
  }, 60_000);
});
