/**
 * fake-gcs-server, the emulator that many know: a second opinion on the double of gcs-server/ in tests of plain reads and
 * writes. Not for resume: it ends an upload at a question about its state, and ignores where a chunk begins.
 */
import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { childEnv } from '../config/environment';
import { choosePort } from './ports';
import { startProcess } from './process';
import { Restartable } from './restartable';
import { optionalToolPath } from './tools';
import type { ManagedProcess } from './types';
import { waitUntilReady } from './wait';

export interface FakeGcsServerOptions {
  readonly dataDir: string;
  readonly logDir: string;
  readonly port?: number;
}

export interface FakeGcsServer extends ManagedProcess {
  readonly endpoint: string;
  createBucket(name: string): Promise<void>;
  restart(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const PROJECT = 'longhaul-dev';

class FakeGcs extends Restartable implements FakeGcsServer {
  constructor(
    launch: () => Promise<ManagedProcess>,
    first: ManagedProcess,
    readonly endpoint: string,
  ) {
    super(launch, first);
  }

  async createBucket(name: string): Promise<void> {
    const response = await fetch(`${this.endpoint}/storage/v1/b?project=${PROJECT}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    if (!response.ok) throw new Error(`fake-gcs-server: ${response.status} ${await response.text()}`);
  }
}

/** Starts the server and waits until it answers. Throws ToolMissing (no Go), PortInUse, or Internal with its output. */
export const startFakeGcsServer = async (options: FakeGcsServerOptions): Promise<FakeGcsServer> => {
  const command = await optionalToolPath('fake-gcs-server');
  const port = await choosePort(options.port, 'fake-gcs-server');
  const address = `127.0.0.1:${port}`;
  const endpoint = `http://${address}`;
  mkdirSync(options.dataDir, { recursive: true });
  const place = ['-backend', 'filesystem', '-filesystem-root', options.dataDir];
  const args = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)];
  args.push('-public-host', address, '-external-url', endpoint, ...place);
  const launch = async (): Promise<ManagedProcess> => {
    const logFile = path.join(options.logDir, 'fake-gcs.log');
    const child = await startProcess({ name: 'fake-gcs', command, args, env: childEnv({}), logFile });
    const isReady = async (): Promise<boolean> => (await fetch(`${endpoint}/storage/v1/b?project=${PROJECT}`)).ok;
    await waitUntilReady(child, isReady, READY_TIMEOUT_MS);
    return child;
  };
  return new FakeGcs(launch, await launch(), endpoint);
};
