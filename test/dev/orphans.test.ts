/** Nothing outlives its owner, however the owner ends. The owner here is a small process of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { StackDescription } from '../../src/dev/types';
import { freshFolder } from '../support/shared-stack';
import { until } from '../support/until';

const LONGHAUL = path.resolve(__dirname, '..', '..', 'bin', 'longhaul.js');

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const firstLine = async (child: ChildProcess): Promise<string> => {
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return line;
};

const startDev = (args: string[], cwd: string): ChildProcess =>
  spawn(process.execPath, [LONGHAUL, 'dev', ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });

describe('longhaul dev', () => {
  const folder = freshFolder('dev');
  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill('SIGKILL');
  });
  afterAll(() => folder.remove());

  const start = async (...args: string[]): Promise<StackDescription> => {
    child = startDev(['--json', '--no-worker', ...args], folder.path);
    return JSON.parse(await firstLine(child)) as StackDescription;
  };

  it('describes itself in one line of JSON, and Ctrl-C leaves no process and no folder', async () => {
    const stack = await start('--ephemeral');
    expect(Object.keys(stack)).toEqual(['temporal', 's3', 'exportApi', 'pids', 'dataDir']);
    const pids = Object.values(stack.pids);
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    expect(existsSync(path.join(stack.dataDir, 'configs', 'sample', 'config.json'))).toBe(true);
    child!.kill('SIGINT');
    const [code] = (await once(child!, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(stack.dataDir)).toBe(false);
    expect(existsSync(path.join(folder.path, '.longhaul'))).toBe(false);
  });

  it('leaves no process and no folder when it is killed without a chance to clean up', async () => {
    const stack = await start('--ephemeral');
    child!.kill('SIGKILL');
    const left = (): boolean => Object.values(stack.pids).some(isAlive) || existsSync(stack.dataDir);
    await until(() => !left(), { what: 'the orphans to be ended', timeoutMs: 15_000 });
  });

  it('ends with the server and how it has ended, and with what to do, where one of them is killed', async () => {
    child = startDev(['--json', '--data-dir', 'lost'], folder.path);
    const stack = JSON.parse(await firstLine(child)) as StackDescription;
    let errors = '';
    child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    process.kill(stack.pids['s3'] ?? 0, 'SIGKILL');
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(10);
    // The worker is stopped with the rest, and that is no reason for another.
    expect(readdirSync(path.join(stack.dataDir, 'logs')).filter((name) => /^worker/.test(name))).toEqual([
      'worker.log',
    ]);
    const { error } = JSON.parse(errors.trim().split('\n').at(-1) ?? '') as { error: Record<string, string> };
    expect(error).toMatchObject({ code: 'ServerEnded' });
    expect(error['message']).toMatch(/^The server s3 has ended by SIGKILL\. /);
    expect(error['hint']).toMatch(/^Start the stack again with: longhaul dev\./);
  });

  it('starts another worker where its own is killed', async () => {
    child = startDev(['--json', '--ephemeral'], folder.path);
    const { pids, dataDir } = JSON.parse(await firstLine(child)) as StackDescription;
    process.kill(pids['worker'] ?? 0, 'SIGKILL');
    const log = path.join(dataDir, 'logs', 'worker-2.log');
    const isReady = (): boolean => existsSync(log) && readFileSync(log, 'utf8').includes('"worker_ready"');
    await until(isReady, { what: 'another worker', timeoutMs: 60_000 });
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  }, 90_000);

  it('keeps data, keys and buckets in .longhaul from one start to the next', async () => {
    const first = await start();
    expect(first.dataDir).toBe(path.join(folder.path, '.longhaul'));
    child!.kill('SIGTERM');
    await once(child!, 'exit');
    const second = await start();
    child!.kill('SIGTERM');
    await once(child!, 'exit');
    expect(second.s3.accessKeyId).toBe(first.s3.accessKeyId);
    expect(second.exportApi.apiKey).toBe(first.exportApi.apiKey);
    expect(existsSync(path.join(second.dataDir, 's3', 'data', 'longhaul-source'))).toBe(true);
  });

  it('ends with exit code 10 where a chosen port is taken', async () => {
    const stack = await start('--ephemeral');
    const port = new URL(stack.s3.endpoint).port;
    const rival = startDev(['--json', '--ephemeral', '--no-worker', '--port-s3', port], folder.path);
    let errors = '';
    rival.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const [code] = (await once(rival, 'close')) as [number | null];
    child!.kill('SIGTERM');
    await once(child!, 'exit');
    expect(code).toBe(10);
    expect(errors).toContain(`Port ${port}, chosen for the S3 server, is taken`);
  });
});
