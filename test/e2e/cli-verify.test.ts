/** `longhaul verify`: what runs have written, compared with what is there today. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { childEnv } from '../../src/config/environment';
import { generatedFile } from '../../src/dev/export-api';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { EventRig, patterned } from '../support/event-rig';
import { errorOf, longhaul } from '../support/longhaul-command';
import { MIB, RestoreWorld } from '../support/restore-world';
import { RunHarness } from '../support/run-harness';
import { runScript, type ScriptResult } from '../support/run-script';
import { uniqueName } from '../support/shared-stack';
import { bytesOf } from '../support/transfer-rig';

interface Found {
  readonly kind: string;
  readonly object: string;
  readonly detail: string;
}
/** Differences, without their places, and the last document. */
const told = ({ stdout }: ScriptResult): { kinds: Record<string, string>; result: Record<string, unknown> } => {
  const lines = stdout.trim().split('\n');
  const differences = lines.slice(0, -1).map((line) => JSON.parse(line) as Found);
  const kinds = differences.map(({ kind, object }): [string, string] => [object.split('/').at(-1) ?? '', kind]);
  return { kinds: Object.fromEntries(kinds), result: JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
};

describe('an export', () => {
  const names = ['deleted', 'kept', 'overwritten', 'shorter', 'swapped'];
  const FILES = names.map((name, seed) => generatedFile('asset', `${name}.parquet`, 30_000, seed));
  const large = generatedFile('asset', 'large.parquet', 12 * 2 ** 20, 9);
  let harness: RunHarness;
  beforeAll(async () => {
    harness = await RunHarness.start();
  }, 90_000);
  afterAll(() => harness.stop());

  it.each(['atomic', 'direct'])(
    'published %s is as its ledger says, until something happens to it',
    async (publish) => {
      const project = await harness.project({ files: [...FILES, large], config: { aws: { publish } } });
      const first = await project.start();
      const { workflowId } = first;
      await first.result();
      const equal = await longhaul(harness, 'verify', workflowId);
      expect(equal).toMatchObject({ exitCode: 0, stderr: '' });
      expect(equal.stdout).toBe('compared   6 objects: 6 as the ledger says\ndiffer     none\n');

      const [deleted, , overwritten, shorter, swapped] = FILES.map((file) => project.keyOf(file));
      const place = (Key = ''): { Bucket: string; Key: string } => ({ Bucket: project.bucket, Key });
      await harness.s3.send(new DeleteObjectCommand(place(deleted)));
      await harness.s3.send(new PutObjectCommand({ ...place(shorter), Body: 'short' }));
      // As large as it was, with the marker of a run, and other bytes.
      for (const key of [swapped, overwritten])
        await harness.s3.send(
          new PutObjectCommand({ ...place(key), Body: bytesOf(30_000, 77), ChecksumAlgorithm: 'CRC32' }),
        );
      await harness.s3.send(new PutObjectCommand({ ...place(`${project.targetPrefix}/asset/extra.csv`), Body: 'x' }));

      const differs = await longhaul(harness, 'verify', workflowId, '--json');
      expect([differs.exitCode, differs.stderr]).toEqual([11, '']);
      const { kinds, result } = told(differs);
      expect(kinds).toEqual({
        'deleted.parquet': 'missing',
        'shorter.parquet': 'size',
        'swapped.parquet': 'checksum',
        'overwritten.parquet': 'checksum',
      });
      expect(result).toMatchObject({ compared: 6, equal: 2, bySizeOnly: 0, differing: 4 });
      const extra = told(await longhaul(harness, 'verify', workflowId, '--extra', '--json'));
      expect(extra.kinds).toMatchObject({ 'extra.csv': 'extra' });
      expect(extra.result).toMatchObject({ differing: 5, differences: { extra: 1 } });

      // Another run mends it all: the objects are right again, and newer than the first run's ledger.
      const again = await project.start();
      await again.result();
      const newer = told(await longhaul(harness, 'verify', workflowId, '--json'));
      expect(newer.result).toMatchObject({ equal: 0, differences: { missing: 0, size: 0, checksum: 0, newer: 6 } });
      const mended = await longhaul(harness, 'verify', again.workflowId, '--extra');
      expect(mended.exitCode).toBe(11);
      expect(mended.stdout).toMatch(/^extra {5}s3:\/\/\S+\/asset\/extra\.csv: is not in the ledger\ncompared/);
    },
    120_000,
  );

  it('what failed left nothing to compare; no run, no ledger, a run that goes on: said', async () => {
    const project = await harness.project({
      files: FILES,
      config: { transfer: { on_error: 'continue', tolerated_failures: 1 }, aws: { publish: 'direct' } },
    });
    project.api.faults.file({ path: 'kept.parquet', status: 404, body: '<Error/>', always: true });
    const handle = await project.start();
    await handle.result();
    const { stdout, exitCode } = await longhaul(harness, 'verify', handle.workflowId);
    expect([exitCode, stdout]).toEqual([
      0,
      'compared   4 objects: 4 as the ledger says\nleft out   1 record that failed, or was given up or taken back\ndiffer     none\n',
    ]);
    const missing = await longhaul(harness, 'verify', 'no-such-run', '--json');
    expect([missing.exitCode, errorOf(missing).code]).toEqual([9, 'RunNotFound']);

    // In place of the 404, with which the run might end before it is asked for.
    project.api.faults.clear();
    project.api.faults.file({ path: 'kept.parquet', bytesPerSec: 1, always: true });
    const running = await project.start();
    const early = await longhaul(harness, 'verify', running.workflowId, '--json');
    expect([early.exitCode, errorOf(early).code]).toEqual([9, 'ReportMissing']);
    await running.terminate();
  }, 120_000);
});

it('a restore: files on the disk against the catalogue', async () => {
  const world = await RestoreWorld.start();
  try {
    const run = (...argv: string[]): Promise<ScriptResult> => longhaul(world.harness, ...argv);
    const id = await world.backup({
      'kept.raw': bytesOf(12 * MIB, 1),
      'parts/damaged.bin': bytesOf(1_000, 2),
      'parts/gone.bin': bytesOf(1_000, 3),
      'parts/longer.bin': bytesOf(1_000, 4),
    });
    const workflowId = uniqueName('restore');
    expect((await run('restore', id, '--workflow-id', workflowId)).exitCode).toBe(0);
    expect(await run('verify', workflowId)).toMatchObject({
      exitCode: 0,
      stdout: 'compared   4 objects: 4 as the ledger says\ndiffer     none\n',
    });
    writeFileSync(world.path('parts/damaged.bin'), bytesOf(1_000, 5));
    rmSync(world.path('parts/gone.bin'));
    appendFileSync(world.path('parts/longer.bin'), 'x');
    const differs = await run('verify', workflowId, '--json');
    expect(differs.exitCode).toBe(11);
    expect(told(differs).kinds).toEqual({ 'damaged.bin': 'checksum', 'gone.bin': 'missing', 'longer.bin': 'size' });
    const refused = await run('verify', workflowId, '--extra', '--json');
    expect([refused.exitCode, errorOf(refused).code]).toEqual([2, 'InvalidInput']);
  } finally {
    await world.stop();
  }
}, 120_000);

it.each(['aws_s3', 'gcp_gcs'] as const)(
  'an event: its one object in %s',
  async (provider) => {
    const rig = await EventRig.start();
    try {
      const env = childEnv({ ...rig.env, ...rig.harness.cliEnv() });
      const verify = (id: string): Promise<ScriptResult> =>
        runScript([path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js'), 'verify', id, '--json'], env);
      const source = rig.at('aws_s3', uniqueName('in'));
      const destination = rig.at(provider, uniqueName('out'));
      await rig.put(source, patterned(100_003));
      const handle = await rig.start(rig.event(source, destination));
      await handle.result();
      const equal = await verify(handle.workflowId);
      expect([equal.exitCode, told(equal).result]).toMatchObject([0, { compared: 1, equal: 1, differing: 0 }]);
      await rig.put(destination, patterned(100_007));
      const differs = await verify(handle.workflowId);
      expect([differs.exitCode, Object.values(told(differs).kinds)]).toEqual([11, ['size']]);
    } finally {
      await rig.stop();
    }
  },
  120_000,
);
