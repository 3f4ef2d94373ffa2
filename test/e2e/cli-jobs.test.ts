/** `longhaul ingest` and `longhaul restore`, as users run them: texts, exit codes, reports; and the samples of `longhaul dev`. */
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { childEnv } from '../../src/config/environment';
import type { Stack } from '../../src/dev/stack';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { IngestRig } from '../support/ingest-rig';
import { errorOf, longhaul } from '../support/longhaul-command';
import { RunHarness } from '../support/run-harness';
import { md5, md5Of, MIB, RestoreWorld } from '../support/restore-world';
import { runScript, type ScriptResult } from '../support/run-script';
import { ownStack, uniqueName } from '../support/shared-stack';
import { bytesOf } from '../support/transfer-rig';

const cli = path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js');
/** Where there is no data, the error says why. */
const json = ({ stdout, stderr }: ScriptResult): unknown => JSON.parse(stdout === '' ? stderr : stdout);
const idIn = ({ stdout }: ScriptResult): string => /^run +(\S+) \(completed\)$/m.exec(stdout)?.[1] ?? '';

describe('ingest', () => {
  let rig: IngestRig;
  beforeAll(async () => {
    rig = await IngestRig.start();
  }, 90_000);
  afterAll(() => rig.stop());

  /** With what this shell would have: `report` reads the bucket itself. */
  const run = (argv: readonly string[], env: Record<string, string> = {}): Promise<ScriptResult> =>
    runScript([cli, ...argv], childEnv({ ...rig.env, ...rig.harness.cliEnv(), ...env }));

  it('prints a line for each file; status and report say the same later', async () => {
    const bucket = await rig.bucket([rig.host.add('/units.csv', 'a,b\n'), rig.host.add('/empty.csv', '')]);
    const { exitCode, stdout, stderr } = await run(['ingest', '--bucket', bucket, '--date', '2026-01-31']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringMatching(/^Started ingest-/) as string });
    expect(stdout).toMatch(/^run +ingest-\S+ \(completed\)\nfiles +2 \(2 successful\)\n/);
    expect(stdout).toMatch(/^ {2}success +4 B +raw\/2026\/01\/31\/units\.csv$/m);
    expect(stderr).toMatch(/\d\/2 files/);
    expect(stderr).not.toMatch(/record/);
    expect(await rig.keys(bucket)).toEqual(['raw/2026/01/31/empty.csv', 'raw/2026/01/31/units.csv']);

    const id = idIn({ stdout } as ScriptResult);
    expect((await run(['status', id])).stdout).toBe(stdout);
    expect(await run(['report', id])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Longhaul ingest report: succeeded\n/) as string,
    });
    expect(json(await run(['report', id, '--json']))).toMatchObject({ outcome: 'succeeded', project: bucket });
  });

  it('a failed file: exit code 0 and a warning, which says how to get it; --fail-on-error makes it a failure', async () => {
    const good = rig.host.add('/units.csv', 'a,b\n');
    const bucket = await rig.bucket([good, `${rig.host.origin}/projects.csv`]);
    const options = ['--bucket', bucket, '--date', '2026-01-31'];
    const { exitCode, stdout, stderr } = await run(['ingest', ...options]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^files +2 \(1 successful, 1 failed\)\n {2}failed +http:\/\/\S+\/projects\.csv: .*404/m);
    const hint = /^warning: 1 of 2 files failed\. .*(--file .*)$/m.exec(stderr)?.[1];
    expect(hint).toBe('--file projects.csv');

    const strict = await run(['ingest', ...options, '--fail-on-error', '--json']);
    expect([strict.exitCode, errorOf(strict).code]).toEqual([9, 'RecordsFailed']);

    rig.host.add('/projects.csv', 'c,d\n');
    const again = await run(['ingest', ...options, '--file', 'projects.csv', '--json']);
    expect(again).toMatchObject({ exitCode: 0, stderr: '' });
    expect(json(again)).toMatchObject({ summary: { total_files: 1, successful: 1, failed: 0 } });
    expect(await rig.keys(bucket)).toEqual(['raw/2026/01/31/projects.csv', 'raw/2026/01/31/units.csv']);
  });

  it('BUCKET_NAME of this shell is the bucket; a list that is not there has the exit code of its error', async () => {
    const bucket = await rig.bucket();
    const failed = await run(['ingest', '--json'], { BUCKET_NAME: bucket });
    expect([failed.exitCode, errorOf(failed).code]).toEqual([3, 'ParametersLoad']);
    expect(errorOf(failed).message).toContain(bucket);
  });
});

describe('restore', () => {
  let world: RestoreWorld;
  beforeAll(async () => {
    world = await RestoreWorld.start();
  }, 90_000);
  afterAll(() => world.stop());

  const run = (...argv: string[]): Promise<ScriptResult> => longhaul(world.harness, ...argv);

  it('fetches, then skips; the report is the file on the disk', async () => {
    const files = { 'sample.raw': bytesOf(2 * MIB, 1), 'parts/a.bin': bytesOf(1_000, 2) };
    const id = await world.backup(files);
    const part = await run('restore', id, '--include', 'parts/**');
    expect(part).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^Started restore-/) as string });
    expect(part.stdout).toMatch(/^ {2}files +1 \(1 downloaded\)$/m);

    const whole = await run('restore', id);
    expect(whole.exitCode).toBe(0);
    expect(whole.stdout).toMatch(
      new RegExp(`^run +restore-${id}-\\S+ \\(completed\\)\\nhost +host-1\\nraw file +${id}: SUCCESS\\n`),
    );
    expect(whole.stdout).toMatch(/^ {2}files +2 \(1 downloaded, 1 skipped\)$/m);
    expect(whole.stderr).not.toMatch(/record/);
    for (const [name, body] of Object.entries(files)) expect(md5Of(world.path(name))).toBe(md5(body));

    const report = /^ {2}report +(.*)$/m.exec(whole.stdout)?.[1] ?? '';
    expect((await run('report', idIn(whole))).stdout).toBe(readFileSync(report, 'utf8'));
    expect(json(await run('report', idIn(whole), '--json'))).toMatchObject({
      status: 'SUCCESS',
      restores: [{ report }],
    });
  });

  it('a file that cannot be had fails the run, whose report still says what could', async () => {
    const id = await world.backup({ 'good.bin': bytesOf(1_000, 3) });
    world.record(id, { file_info: { ...world.infoOf(id), 'gone.bin': [5, md5(bytesOf(5))] } });
    const workflowId = uniqueName('restore');
    const failed = await run('restore', id, '--workflow-id', workflowId);
    expect(failed).toMatchObject({ exitCode: 9, stdout: '' });
    expect(failed.stderr).toMatch(/gone\.bin.*_download_status_.*\[RecordsFailed\]/);
    const { stdout } = await run('report', workflowId);
    expect(stdout).toMatch(/^S3 Download Status Report\n[^]*gone\.bin: FAILURE[^]*good\.bin: OK[^]*PARTIAL FAILURE/);
  });

  it('several raw files are one run, which names what became of each', async () => {
    const id = await world.backup({ 'one.bin': bytesOf(1_000, 4) });
    const workflowId = uniqueName('batch');
    const failed = await run('restore', id, 'no-such-raw-file', '--workflow-id', workflowId, '--json');
    expect([failed.exitCode, errorOf(failed).code]).toEqual([9, 'RecordsFailed']);
    expect((await run('report', workflowId)).stdout).toMatch(
      new RegExp(`raw file +${id}: SUCCESS[^]*raw file +no-such-raw-file: COMPLETE FAILURE[^]*CatalogueRecordNotFound`),
    );
  });
});

it('orders to a run of several raw files, but abort, are refused with the runs that take them', async () => {
  const harness = await RunHarness.start({ worker: false });
  try {
    const started = await longhaul(harness, 'restore', 'raw_1', 'raw_2', '--run-id', 'both', '--detach');
    expect(started).toMatchObject({ exitCode: 0, stdout: 'restore-raw_1-and-1-more-both\n' });
    const refused = await longhaul(harness, 'pause', started.stdout.trim(), '--json');
    expect([refused.exitCode, errorOf(refused).code]).toEqual([2, 'InvalidInput']);
    expect(errorOf(refused).message).toMatch(/such as "both\/raw_1": give that one/);
  } finally {
    await harness.stop();
  }
});

describe('the samples of longhaul dev', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await ownStack({ sampleData: true, worker: true });
  }, 120_000);
  afterAll(() => stack.stop());

  const run = (...argv: string[]): Promise<ScriptResult> => {
    const { address, namespace } = stack.temporal;
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, LONGHAUL_CONFIG_DIR: stack.configDir };
    return runScript([cli, ...argv], childEnv(env));
  };

  it('longhaul ingest --bucket longhaul-sample', async () => {
    const { exitCode, stdout } = await run('ingest', '--bucket', 'longhaul-sample');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^files +5 \(5 successful\)$/m);
    expect(stdout).toMatch(/^ {2}success .* raw\/\d{4}\/\d\d\/\d\d\/airports\.csv$/m);
  });

  it('longhaul restore 20250115_sample, twice, and once more when a file was damaged', async () => {
    const first = await run('restore', '20250115_sample');
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/^raw file +20250115_sample: SUCCESS\n {2}files +\d+ \(\d+ downloaded\)$/m);
    const again = await run('restore', '20250115_sample', '--json');
    const { restores } = json(again) as { restores: { report: string; destination: string; total_files: number }[] };
    const [done] = restores;
    expect(restores).toMatchObject([{ status: 'SUCCESS', skipped: done?.total_files, downloaded: 0 }]);
    const name = /^(.+): OK - Skipped/m.exec(readFileSync(done?.report ?? '', 'utf8'))?.[1] ?? '';
    writeFileSync(path.join(done?.destination ?? '', name), 'damaged');
    expect((await run('restore', '20250115_sample')).stdout).toMatch(/^ {2}files +\d+ \(1 healed, \d+ skipped\)$/m);
  });
});
