/** A real S3 server for one test file: versitygw over a folder of its own, gone with `stop()`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import * as path from 'node:path';
import { CreateBucketCommand, PutBucketVersioningCommand, type S3Client } from '@aws-sdk/client-s3';
import type { StoreConfig } from '../../src/config/types';
import { Secret } from '../../src/model/secret';
import { createS3Client } from '../../src/transfer';
import { until } from '../../src/dev/wait';

export interface TestS3 {
  readonly endpoint: string;
  readonly dataDir: string;
  readonly client: S3Client;
  /** Our own client for the same store through another address, a scripted proxy for instance. */
  clientAt(endpoint: string): S3Client;
  bucket(name: string, options?: { versioned?: boolean }): Promise<string>;
  stop(): Promise<void>;
}

const KEYS = { accessKeyId: 'test', secretAccessKey: 'test-secret' };

function findBinary(): string {
  const tools = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'longhaul', 'tools');
  const folder = readdirSync(tools).find((name) => name.startsWith('versitygw-'));
  if (folder === undefined) throw new Error(`no versitygw below ${tools}: run npm run setup`);
  return path.join(tools, folder, 'versitygw');
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function startTestS3(): Promise<TestS3> {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-s3-'));
  const dataDir = path.join(folder, 'data');
  mkdirSync(dataDir);
  mkdirSync(path.join(folder, 'old-versions'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const args = ['--port', `127.0.0.1:${port}`, '--health', '/health', '--quiet', 'posix'];
  const child: ChildProcess = spawn(
    findBinary(),
    [...args, '--versioning-dir', path.join(folder, 'old-versions'), dataDir],
    { env: { ROOT_ACCESS_KEY: KEYS.accessKeyId, ROOT_SECRET_KEY: KEYS.secretAccessKey }, stdio: 'ignore' },
  );
  const exited = once(child, 'exit');
  await until(async () => (await fetch(`${endpoint}/health`)).ok, { what: 'versitygw', timeoutMs: 20_000 });

  const clients: S3Client[] = [];
  const clientAt = (address: string): S3Client => {
    const store: StoreConfig = {
      region: 'us-east-1',
      endpoint: address,
      forcePathStyle: true,
      credentials: { kind: 'keys', ...KEYS, secretAccessKey: new Secret(KEYS.secretAccessKey) },
    };
    const client = createS3Client(store);
    clients.push(client);
    return client;
  };
  const client = clientAt(endpoint);
  return {
    endpoint,
    dataDir,
    client,
    clientAt,
    async bucket(name, options = {}) {
      await client.send(new CreateBucketCommand({ Bucket: name }));
      if (options.versioned === true) {
        const enabled = { Status: 'Enabled' } as const;
        await client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: enabled }));
      }
      return name;
    },
    async stop() {
      for (const each of clients) each.destroy();
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
