/** The servers of bench/relay, each in a process of its own: a host of files, a sink, and versitygw over TLS. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { childEnv } from '../../src/config/environment';
import { startProcess } from '../../src/dev/process';
import { choosePort } from '../../src/dev/ports';
import { toolPaths } from '../../src/dev/tools';
import { until } from '../../src/dev/wait';
import { peerFile } from './python-peer';
import { BUCKET, type Rig } from './rig';

const run = promisify(execFile);
const READY_TIMEOUT_MS = 30_000;

export type Transport = 'plain' | 'tls';
export type TargetName = 'sink' | 'versitygw';

export interface Stored {
  readonly objects: number;
  readonly bytes: number;
}

/** An S3 server that sides write to. */
export interface Target {
  readonly name: TargetName;
  readonly transport: Transport;
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** What has been written, which is then removed. */
  take(): Promise<Stored>;
}

export interface RelayServers {
  /** The authority that the servers' certificates are of. */
  readonly caFile: string;
  /** A URL of a file of that many bytes. */
  fileUrl(transport: Transport, sizeBytes: number, name: string): string;
  target(name: TargetName, transport: Transport): Promise<Target>;
}

/** Builds and starts the servers while `use` runs; `rig` gives the plain versitygw. Throws where Go is missing. */
export async function withRelayServers<T>(
  say: (line: string) => void,
  rig: Rig | undefined,
  use: (servers: RelayServers) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-relay-'));
  const ends: (() => Promise<void>)[] = [];
  try {
    say('Building bench/peers/relay-servers');
    const program = path.join(folder, 'relay-servers');
    await run('go', ['build', '-o', program, '.'], { cwd: peerFile('relay-servers') });
    await run(program, ['certificates', folder]);
    const certificate = ['-cert', path.join(folder, 'cert.pem'), '-key', path.join(folder, 'key.pem')];
    const start = async (kind: 'source' | 'sink', transport: Transport): Promise<string> => {
      const child = spawn(program, [kind, ...(transport === 'tls' ? certificate : [])], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      ends.push(() => end(child));
      const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      return `${transport === 'tls' ? 'https' : 'http'}://127.0.0.1:${port}`;
    };
    const sources = { plain: await start('source', 'plain'), tls: await start('source', 'tls') };
    return await use({
      caFile: path.join(folder, 'ca.pem'),
      fileUrl: (transport, sizeBytes, name) => `${sources[transport]}/${sizeBytes}/${name}`,
      target: async (name, transport) => {
        if (name === 'sink') return sinkAt(await start('sink', transport), transport);
        if (rig !== undefined && transport === 'plain') return versityAt(rig.stack.s3.dataDir, rig.stack.s3, transport);
        const { endpoint, dataDir, stop } = await startVersity(folder, certificate);
        ends.push(stop);
        return versityAt(dataDir, { ...KEYS, endpoint }, transport);
      },
    });
  } finally {
    await Promise.all(ends.map((each) => each()));
    rmSync(folder, { recursive: true, force: true });
  }
}

const KEYS = { accessKeyId: 'bench', secretAccessKey: 'bench-secret', region: 'us-east-1' };

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
}

function sinkAt(endpoint: string, transport: Transport): Target {
  const take = async (): Promise<Stored> => {
    // Its certificate is of an authority that this process does not know; curl is told of none either.
    const { stdout } = await run('curl', ['-sfk', `${endpoint}/-/stored`]);
    return JSON.parse(stdout) as Stored;
  };
  return { ...KEYS, name: 'sink', transport, endpoint, bucket: BUCKET, take };
}

function versityAt(
  dataDir: string,
  server: Pick<Target, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>,
  transport: Transport,
): Target {
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const bucketDir = path.join(dataDir, BUCKET);
  const take = async (): Promise<Stored> => {
    const all = readdirSync(bucketDir, { recursive: true, encoding: 'utf8' });
    const ours = all.filter((each) => /^(relay|raw)\//.test(each)).map((each) => statSync(path.join(bucketDir, each)));
    const files = ours.filter((each) => each.isFile());
    for (const name of readdirSync(bucketDir)) rmSync(path.join(bucketDir, name), { recursive: true, force: true });
    // What is still on its way to the disk would slow down whoever is next.
    await run('sync');
    return { objects: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
  };
  return {
    name: 'versitygw',
    transport,
    endpoint,
    region,
    accessKeyId,
    secretAccessKey,
    bucket: BUCKET,
    take,
  };
}

async function startVersity(
  folder: string,
  certificate: readonly string[],
): Promise<{ endpoint: string; dataDir: string; stop: () => Promise<void> }> {
  const { versitygw } = await toolPaths();
  const port = await choosePort(undefined, 'the S3 server');
  const endpoint = `https://127.0.0.1:${port}`;
  const dataDir = path.join(folder, 'data');
  mkdirSync(path.join(dataDir, BUCKET), { recursive: true });
  const [, cert = '', , key = ''] = certificate;
  const listen = ['--port', `127.0.0.1:${port}`, '--region', KEYS.region, '--health', '/health', '--quiet'];
  const child = await startProcess({
    name: 's3-tls',
    command: versitygw,
    args: [...listen, '--keep-alive', '--cert', cert, '--key', key, 'posix', dataDir],
    env: childEnv({ ROOT_ACCESS_KEY: KEYS.accessKeyId, ROOT_SECRET_KEY: KEYS.secretAccessKey }),
    logFile: path.join(folder, 's3-tls.log'),
  });
  const isUp = (): Promise<boolean> =>
    run('curl', ['-sfk', `${endpoint}/health`]).then(
      () => true,
      () => false,
    );
  await until(isUp, { what: 'the S3 server over TLS', timeoutMs: READY_TIMEOUT_MS, intervalMs: 100 });
  return { endpoint, dataDir, stop: () => child.stop() };
}
