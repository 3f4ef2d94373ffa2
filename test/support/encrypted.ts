/** What tests of payload encryption share: keys, clients with and without them, and a look at what the server has. */
import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import { Client, type DataConverter } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { childEnv } from '../../src/config/environment';
import { readPayloadKeys } from '../../src/config/payload-keys';
import { type LoggedProcess, startProcess } from '../../src/dev/process';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { clientDataConverter } from '../../src/ops/data-converter';
import { isEncrypted } from '../../src/ops/payload-codec';
import type { RunHarness } from './run-harness';
import { uniqueName } from './shared-stack';
import { until } from './until';

/** An entry of LONGHAUL_PAYLOAD_KEYS. */
export const newKey = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;

export const converterOf = (list: string): DataConverter =>
  clientDataConverter(readPayloadKeys({ LONGHAUL_PAYLOAD_KEYS: list }));

/** A client as somebody without keys has it: it sees what the server has. */
export const bareClient = ({ connection, namespace }: RunHarness): Client => new Client({ connection, namespace });

export interface FoundPayload {
  /** The fields that lead to it, with dots between. */
  readonly path: string;
  readonly payload: Payload;
}

const isPayload = (value: object): value is Payload => {
  const metadata: unknown = 'metadata' in value ? value.metadata : undefined;
  return typeof metadata === 'object' && metadata !== null && 'encoding' in metadata;
};

/** Every payload within a message of the server. */
const payloadsIn = (value: unknown, path = ''): FoundPayload[] => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if (isPayload(value)) return [{ path, payload: value }];
  return Object.entries(value).flatMap(([key, inner]) => payloadsIn(inner, path === '' ? key : `${path}.${key}`));
};

/**
 * Search attributes cannot be encrypted. The SDK's own notes in markers go past every codec: those of local activities hold
 * ids and times, those of `patched()` the name of a change of the workflow code.
 */
const PLAIN_PLACES = /searchAttributes\.|markerRecordedEventAttributes\.details\.(?:data|patch-data)\./;

/** Where payloads stand that should be encrypted and are not. */
export const plainPayloads = (value: unknown): string[] =>
  payloadsIn(value)
    .filter(({ path, payload }) => !PLAIN_PLACES.test(path) && !isEncrypted(payload))
    .map(({ path }) => path);

/** Ids of the keys that were used in it. */
export const keyIdsIn = (value: unknown): Set<string> =>
  new Set(
    payloadsIn(value)
      .filter(({ payload }) => isEncrypted(payload))
      .map(({ payload }) => Buffer.from(payload.metadata?.['longhaul-key-id'] ?? []).toString()),
  );

/** `longhaul codec-server` on a free port, listening when this resolves. Stop the process. */
export async function startCodecServerProcess(
  harness: RunHarness,
  env: Readonly<Record<string, string>>,
  ...argv: string[]
): Promise<{ readonly server: LoggedProcess; readonly url: string }> {
  const name = uniqueName('codec-server');
  const cli = path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js');
  const server = await startProcess({
    name,
    command: process.execPath,
    args: [cli, 'codec-server', '--address', '127.0.0.1:0', '--json', ...argv],
    env: childEnv({ ...harness.cliEnv(), ...env }),
    logFile: path.join(harness.logDir, `${name}.log`),
  });
  const url = await until(() => /"endpoint":"([^"]+)"/.exec(server.output())?.[1] ?? null, {
    what: 'the codec server to listen',
    timeoutMs: 60_000,
  });
  return { server, url };
}
