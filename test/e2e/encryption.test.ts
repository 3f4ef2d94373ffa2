/**
 * Runs with encrypted payloads: what the Temporal server has of them, what the commands make of that with the keys, and the
 * codec server between it and the `temporal` command.
 */
import { execFile } from 'node:child_process';
import * as path from 'node:path';
import type { Client } from '@temporalio/client';
import { childEnv } from '../../src/config/environment';
import { generatedFile } from '../../src/dev/export-api';
import type { LoggedProcess } from '../../src/dev/process';
import { REPOSITORY_ROOT, toolPaths } from '../../src/dev/tools';
import {
  bareClient,
  converterOf,
  keyIdsIn,
  newKey,
  plainPayloads,
  startCodecServerProcess,
} from '../support/encrypted';
import { errorOf } from '../support/longhaul-command';
import { RunHarness } from '../support/run-harness';
import { failureOf } from '../support/run-outcome';
import { runScript, type ScriptResult } from '../support/run-script';
import { histories, textOfAll } from '../support/secret-search';
import { uniqueName } from '../support/shared-stack';
import { until } from '../support/until';

const KEY = newKey('k1');
const TOKEN = 'the-token-of-this-test';
const FILES = [1, 2, 3].map((seed) => generatedFile('asset', `secret-name-${seed}.parquet`, 30_000 * seed, seed));
const LONGHAUL = path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js');

let harness: RunHarness;
let bare: Client;
beforeAll(async () => {
  const env = { LONGHAUL_PAYLOAD_KEYS: KEY };
  harness = await RunHarness.start({ env, dataConverter: converterOf(KEY) });
  bare = bareClient(harness);
}, 90_000);
afterAll(() => harness.stop());

const cliEnv = (keys: string): Record<string, string> =>
  childEnv({ ...harness.cliEnv(), LONGHAUL_PAYLOAD_KEYS: keys, LONGHAUL_CODEC_SERVER_TOKEN: TOKEN });
const longhaul = (keys: string, ...argv: string[]): Promise<ScriptResult> =>
  runScript([LONGHAUL, ...argv], cliEnv(keys));
const json = ({ stdout }: ScriptResult): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

/** Every workflow of the namespace, as somebody without keys reads it. */
async function allOfServer(): Promise<{ readonly events: unknown[]; readonly text: string }> {
  const ids: string[] = [];
  for await (const { workflowId } of bare.workflow.list()) ids.push(workflowId);
  const events = await Promise.all(
    ids.map(async (id) => (await bare.workflow.getHandle(id).fetchHistory()).events as unknown),
  );
  return { events, text: (await histories(bare, ids)).map(([, text]) => text).join('\n') };
}

describe('a run that succeeds and one that fails', () => {
  let endpoint: string;
  let bucket: string;
  let workflowId: string;
  let failed: string;

  beforeAll(async () => {
    const project = await harness.project({ files: FILES });
    const handle = await project.start();
    expect(await handle.result()).toMatchObject({ records: 3, transferred: 3 });
    await project.expectByteExact();
    project.api.faults.file({ path: FILES[1]!.path, status: 404, body: '<Error/>', always: true });
    const second = await project.start();
    expect(await failureOf(second)).toMatchObject({
      code: 'SourceNotFound',
      message: expect.stringContaining('secret-name-2.parquet') as string,
    });
    ({ bucket } = project);
    ({ endpoint } = project.api);
    [workflowId, failed] = [handle.workflowId, second.workflowId];
  }, 90_000);

  it('shows the server ids and search attributes, and nothing else of what was moved or went wrong', async () => {
    const { events, text } = await allOfServer();
    expect(plainPayloads(events)).toEqual([]);
    expect([...keyIdsIn(events)]).toEqual(['k1']);
    // Ids of the hold on the target name it; docs/limits.md says so.
    const besidesIds = text.replaceAll(new RegExp(`longhaul-target/${bucket}/[^\\s"]*`, 'g'), '');
    for (const plain of ['secret-name', bucket, new URL(endpoint).host, 'workflow-bundle', 'at async']) {
      expect({ plain, found: besidesIds.includes(plain) }).toEqual({ plain, found: false });
    }
    expect(text).toContain('Encoded failure');
    // What decides about retries has to stay readable for the server.
    expect(text).toContain('SourceNotFound');
  });

  it('shows whoever has the keys everything', async () => {
    const status = await longhaul(KEY, 'status', failed, '--json');
    expect(json(status)).toMatchObject({ status: 'FAILED', failure: { code: 'SourceNotFound' } });
    expect(status.stdout).toContain('secret-name-2.parquet');
    const report = await longhaul(KEY, 'report', workflowId, '--json');
    expect(json(report)).toMatchObject({ outcome: 'succeeded', totals: { objects: 3 } });
    const runs = await longhaul(KEY, 'runs', '--json');
    expect(runs.stdout).toContain(workflowId);
  }, 60_000);

  it.each([
    ['no keys', '', 'PayloadKeyMissing', /"k1".*has no keys/],
    ['another key', newKey('k2'), 'PayloadKeyMissing', /"k1".*has "k2" alone/],
    ['a wrong key', newKey('k1'), 'PayloadKeyWrong', /another key of the id "k1"/],
  ])(
    'tells whoever has %s what is missing',
    async (_, keys, code, message) => {
      const status = await longhaul(keys, 'status', failed, '--json');
      expect([status.exitCode, errorOf(status).code]).toEqual([3, code]);
      expect(errorOf(status).message).toMatch(message);
      // What needs no payload goes on.
      expect((await longhaul(keys, 'runs', '--json')).stdout).toContain(workflowId);
    },
    60_000,
  );

  it('refuses keys that cannot be used before it asks the server', async () => {
    const status = await longhaul('k1:c2hvcnQ=', 'status', workflowId, '--json');
    expect([status.exitCode, errorOf(status).code]).toEqual([3, 'ConfigInvalid']);
    expect(errorOf(status).message).toMatch(/the key "k1" has 5 bytes/);
  });

  describe('the temporal command', () => {
    let server: LoggedProcess;
    let url: string;
    beforeAll(async () => {
      const env = { LONGHAUL_PAYLOAD_KEYS: KEY, LONGHAUL_CODEC_SERVER_TOKEN: TOKEN };
      ({ server, url } = await startCodecServerProcess(harness, env));
    }, 90_000);
    afterAll(async () => {
      await server.stop();
      expect((await server.exited).code).toBe(0);
      expect(server.output()).not.toMatch(/secret-name|the-token/);
    });

    /** What stands in base64 as text: so it is in JSON, whether a codec server has decrypted it or not. */
    const decoded = (text: string): string =>
      text.replaceAll(/"([A-Za-z0-9+/]{16,}={0,2})"/g, (_, data: string) => Buffer.from(data, 'base64').toString());

    const show = async (id: string, ...more: string[]): Promise<{ ok: boolean; text: string }> => {
      const { temporal } = await toolPaths();
      const where = ['--address', harness.servers.temporal.address, '--namespace', harness.namespace];
      const args = ['workflow', 'show', '--workflow-id', id, '--output', 'json', ...where, ...more];
      return new Promise((resolve) => {
        execFile(temporal, args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
          resolve({ ok: error === null, text: decoded(`${stdout}${stderr}`) }),
        );
      });
    };

    it('reads a history through the codec server, and ciphertext without it', async () => {
      const through = await show(failed, '--codec-endpoint', url, '--codec-auth', `Bearer ${TOKEN}`);
      expect(through.text).toContain('secret-name-2.parquet');
      expect(through.text).toContain(bucket);
      expect(through.text).not.toContain('binary/longhaul-aes256gcm');
      const without = await show(failed);
      expect(without.ok).toBe(true);
      expect(without.text).not.toContain('secret-name');
    }, 60_000);

    it('is told where its token is missing or wrong', async () => {
      for (const auth of [[], ['--codec-auth', 'Bearer another-token-of-tests']]) {
        const refused = await show(failed, '--codec-endpoint', url, ...auth);
        expect(refused.text).not.toContain('secret-name');
        // The command tries for a while and then says no more than that; the server's log says why.
        expect(refused.ok).toBe(false);
      }
      for (const status of [401, 403]) {
        expect(server.output()).toMatch(new RegExp(`"event":"codec_request_refused","status":${status}`));
      }
    }, 60_000);
  });
});

it('a start without encryption runs beside, and its results are encrypted', async () => {
  const project = await harness.project({ files: FILES.slice(0, 1) });
  const id = uniqueName('plain');
  const handle = await bare.workflow.start('exportToS3', {
    taskQueue: 'longhaul',
    workflowId: id,
    args: [{ project: project.name }],
  });
  expect(await harness.client.workflow.getHandle(id).result()).toMatchObject({ transferred: 1 });
  expect(plainPayloads((await handle.fetchHistory()).events)).toEqual([
    '0.workflowExecutionStartedEventAttributes.input.payloads.0',
  ]);
  expect(json(await longhaul(KEY, 'status', id, '--json'))).toMatchObject({ status: 'COMPLETED' });
}, 60_000);

it('orders and schedules carry ciphertext too', async () => {
  const project = await harness.project({ files: FILES, config: { transfer: { on_error: 'wait' } } });
  project.api.faults.file({ path: FILES[1]!.path, status: 404, body: '<Error/>', always: true });
  const handle = await project.start();
  await until(async () => (await handle.query<{ stage: string }>('progress')).stage === 'parked', {
    what: 'the run to park',
    timeoutMs: 60_000,
  });
  // The list of runs follows a moment later.
  const row = await until(
    async () => {
      const { runs } = json(await longhaul(KEY, 'top', '--once', '--json')) as { runs: { workflowId: string }[] };
      return runs.find(({ workflowId }) => workflowId === handle.workflowId) ?? null;
    },
    { what: 'the run in top', timeoutMs: 60_000 },
  );
  expect(row).toMatchObject({ stage: 'parked', progress: { recordsTotal: 3 } });
  expect(await longhaul(KEY, 'skip-record', handle.workflowId, '1')).toMatchObject({ exitCode: 0 });
  expect(await handle.result()).toMatchObject({ transferred: 2 });
  expect(plainPayloads((await handle.fetchHistory()).events)).toEqual([]);

  const id = uniqueName('nightly');
  const args = ['--job', 'export', '--project', project.name, '--cron', '0 6 * * *', '--note', 'secret-note'];
  expect(await longhaul(KEY, 'schedule', 'create', id, ...args)).toMatchObject({ exitCode: 0 });
  const stored = await bare.connection.workflowService.describeSchedule({
    namespace: harness.namespace,
    scheduleId: id,
  });
  expect(plainPayloads(stored.schedule)).toEqual([]);
  expect(textOfAll(stored.schedule?.action?.startWorkflow?.input)).not.toContain(project.name);
  expect((await longhaul(KEY, 'schedule', 'describe', id)).stdout).toContain(project.name);
  expect(await longhaul(KEY, 'schedule', 'delete', id)).toMatchObject({ exitCode: 0 });
}, 120_000);
