/**
 * The S3 server: versitygw over a folder. Owns `<dataDir>/data` (one folder per bucket), `<dataDir>/versions` and
 * `<dataDir>/iam`. Objects and open multipart uploads survive kill -9 and a restart.
 */
import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { childEnv } from '../config/environment';
import { choosePort } from './ports';
import { startProcess } from './process';
import { Restartable } from './restartable';
import { toolPaths } from './tools';
import type { S3Server } from './types';
import { waitUntilReady } from './wait';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3ServerOptions {
  readonly dataDir: string;
  readonly logDir: string;
  readonly credentials: S3Credentials;
  /** A free one where it is left out. Throws PortInUse where a given one is taken. */
  readonly port?: number;
  /** Lets buckets switch versioning on (they start without). Default true. */
  readonly versioning?: boolean;
  /** Keeps connections open. Streamed bodies (aws-chunked) are then answered with 400 by versitygw 1.8. Default false. */
  readonly keepAlive?: boolean;
}

const REGION = 'us-east-1';
const READY_TIMEOUT_MS = 30_000;
const PROBE_TIMEOUT_MS = 1_000;

class VersityServer extends Restartable implements S3Server {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region = REGION;

  constructor(
    launch: ConstructorParameters<typeof Restartable>[0],
    first: ConstructorParameters<typeof Restartable>[1],
    readonly endpoint: string,
    readonly dataDir: string,
    credentials: S3Credentials,
  ) {
    super(launch, first);
    this.accessKeyId = credentials.accessKeyId;
    this.secretAccessKey = credentials.secretAccessKey;
  }
}

const isHealthy = async (endpoint: string): Promise<boolean> => {
  const response = await fetch(`${endpoint}/health`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
  await response.arrayBuffer();
  return response.ok;
};

/** Starts the server and waits until it is healthy. Throws ToolMissing, PortInUse, or Internal with its output. */
export const startS3Server = async (options: S3ServerOptions): Promise<S3Server> => {
  const { versitygw } = await toolPaths();
  const port = await choosePort(options.port, 'the S3 server');
  const endpoint = `http://127.0.0.1:${port}`;
  const folder = (name: string): string => {
    const created = path.join(options.dataDir, name);
    mkdirSync(created, { recursive: true });
    return created;
  };
  // The versions' folder must not have a name that starts with the data folder's: versitygw refuses that.
  const dataDir = folder('data');
  const versioning = options.versioning ?? true;

  const args = ['--port', `127.0.0.1:${port}`, '--region', REGION, '--health', '/health', '--quiet'];
  if (options.keepAlive === true) args.push('--keep-alive');
  args.push('--iam-dir', folder('iam'));
  args.push('posix', ...(versioning ? ['--versioning-dir', folder('versions')] : []), dataDir);

  const launch = async () => {
    const { accessKeyId, secretAccessKey } = options.credentials;
    // In the environment, not the arguments: those show in the process list.
    const env = childEnv({ ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey });
    const logFile = path.join(options.logDir, 's3.log');
    const child = await startProcess({ name: 's3', command: versitygw, args, env, logFile });
    await waitUntilReady(child, () => isHealthy(endpoint), READY_TIMEOUT_MS);
    return child;
  };
  return new VersityServer(launch, await launch(), endpoint, dataDir, options.credentials);
};
