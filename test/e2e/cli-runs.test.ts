/** The `longhaul` command against real servers: start, follow, steer and read a run, with the exit codes of the table. */
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { childEnv } from '../../src/config/environment';
import { generatedFile } from '../../src/dev/export-api';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import type { ExportResult } from '../../src/model/export-run';
import type { JobProgress } from '../../src/model/run';
import { errorOf, longhaul } from '../support/longhaul-command';
import { RunHarness } from '../support/run-harness';
import { runScript, type ScriptResult } from '../support/run-script';
import { freshFolder, uniqueName } from '../support/shared-stack';
import type { TestProject } from '../support/test-project';
import { until } from '../support/until';

const FILES = [1, 2, 3].map((seed) => generatedFile('asset', `part-${seed}.parquet`, 30_000 * seed, seed));
const [, middle] = FILES as [(typeof FILES)[0], (typeof FILES)[0]];
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

const run = (...argv: string[]): Promise<ScriptResult> => longhaul(harness, ...argv);
const json = ({ stdout }: ScriptResult): unknown => JSON.parse(stdout);
type Status = Partial<JobProgress> & { status: string; failure?: { code: string } };

const untilStatus = (id: string, what: string, fits: (status: Status) => boolean): Promise<Status> =>
  until(
    async () => {
      const status = json(await run('status', id, '--json')) as Status;
      return fits(status) ? status : null;
    },
    { what, timeoutMs: 30_000 },
  );

/** A run whose record 1 is gone, waiting for its operator. */
async function parkedRun(): Promise<{ project: TestProject; id: string }> {
  const project = await harness.project({ files: FILES, config: { transfer: { on_error: 'wait' } } });
  project.api.faults.file({ path: middle.path, status: 404, body: '<Error/>', always: true });
  const id = uniqueName('parked');
  expect(await run('export', project.name, '--detach', '--workflow-id', id)).toMatchObject({ exitCode: 0 });
  await untilStatus(id, 'the run to park', ({ stage }) => stage === 'parked');
  return { project, id };
}

describe('export', () => {
  it('waits for the end and prints the result; its report can be read', async () => {
    const project = await harness.project({ files: FILES });
    const { exitCode, stdout, stderr } = await run('export', project.name, '--wait', '--set', 'aws.publish=direct');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^run +export-project-\S+ \(completed\)\nrecords +3 \(3 transferred\)\nobjects +3 objects\n/,
    );
    expect(stderr).toMatch(/^Started export-/);
    await project.expectByteExact();

    const id = /^run +(\S+)/.exec(stdout)?.[1] ?? '';
    const report = await run('report', id);
    expect(report).toMatchObject({ exitCode: 0, stderr: '' });
    expect(report.stdout).toMatch(/^Longhaul export report: succeeded\n/);
    const asJson = await run('report', id, '--json');
    expect(json(asJson)).toMatchObject({ outcome: 'succeeded', project: project.name, totals: { objects: 3 } });
  });

  it('--detach returns at once; watch --json follows it, one document a line, to its result', async () => {
    const project = await harness.project({ files: FILES });
    project.api.faults.statuses('vulnerability', ['PENDING', 'IN_PROGRESS', 'SUCCEEDED']);
    const started = await run('export', project.name, '--detach', '--json');
    expect(started).toMatchObject({ exitCode: 0, stderr: '' });
    const { workflowId, namespace } = json(started) as { workflowId: string; namespace: string };
    expect(namespace).toBe(harness.namespace);

    const watched = await run('watch', workflowId, '--json');
    expect(watched.exitCode).toBe(0);
    const lines = watched.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; result?: ExportResult });
    expect(lines[0]).toMatchObject({ type: 'progress', progress: { workflowId } });
    expect(lines.at(-1)).toMatchObject({ type: 'result', workflowId, result: { transferred: 3 } });
    expect(json(await run('status', workflowId, '--json'))).toMatchObject({
      status: 'COMPLETED',
      result: { transferred: 3 },
    });
  });

  it('a run that fails gives its own exit code, with the cleanup in the message, also to who watches later', async () => {
    const project = await harness.project({ files: FILES });
    await project.plantForeign([project.keyOf(middle)]);
    const before = await project.snapshot();
    project.api.faults.file({ path: middle.path, status: 404, body: '<Error/>' });
    const id = uniqueName('failing');
    const failed = await run('export', project.name, '--workflow-id', id);
    expect(failed).toMatchObject({ exitCode: 7, stdout: '' });
    expect(failed.stderr).toMatch(
      /error: .*part-2\.parquet.*\[SourceNotFound\]\ncleanup: \d uploads? aborted[^]*hint: /,
    );
    await project.expectUnchanged(before);
    const watched = await run('watch', id, '--json');
    expect([watched.exitCode, errorOf(watched).code]).toEqual([7, 'SourceNotFound']);
    expect((await run('report', id)).stdout).toMatch(/Longhaul export report: failed\n[^]*Failure: SourceNotFound/);
  });

  it('--records moves what a file lists and asks no API', async () => {
    const project = await harness.project({ files: FILES });
    const folder = freshFolder('records');
    const list = path.join(folder.path, 'records.ndjson');
    // The S3 server as a web server: its health page is a small file without validators.
    writeFileSync(list, `${JSON.stringify({ url: `${harness.servers.s3.endpoint}/health`, dataset: 'pages' })}\n`);
    const { exitCode, stdout } = await run('export', project.name, '--records', list, '--json');
    folder.remove();
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ exportId: null, records: 1, objects: 1 });
    expect(project.api.operations).toMatchObject({ check: 0, create: 0, poll: 0 });
    const page = await (await fetch(`${harness.servers.s3.endpoint}/health`)).text();
    expect(await project.text(`${project.targetPrefix}/pages/health`)).toBe(page);
  });

  it('a run id that is under way is RunExists', async () => {
    const { project, id } = await parkedRun();
    const again = await run('export', project.name, '--detach', '--workflow-id', id, '--json');
    expect([again.exitCode, errorOf(again).code]).toEqual([9, 'RunExists']);
    await run('abort', id);
  });
});

describe('steering', () => {
  it('pause and resume', async () => {
    const project = await harness.project({ files: FILES });
    project.api.faults.statuses('vulnerability', ['PENDING', 'IN_PROGRESS', 'IN_PROGRESS', 'SUCCEEDED']);
    const id = uniqueName('paused');
    await run('export', project.name, '--detach', '--workflow-id', id);
    expect(json(await run('pause', id, '--json'))).toMatchObject({ paused: true });
    await untilStatus(
      id,
      'nothing but the pause',
      ({ stage, paused, inFlight }) => stage === 'transferring' && paused === true && inFlight === 0,
    );
    expect(Object.keys(project.api.requests)).toEqual([]);
    expect(json(await run('resume', id, '--json'))).toMatchObject({ paused: false });
    expect((await run('watch', id)).exitCode).toBe(0);
    await project.expectByteExact();
  });

  it('retry-failed, once the cause is gone', async () => {
    const { project, id } = await parkedRun();
    project.api.faults.clear();
    expect(await run('retry-failed', id)).toMatchObject({
      exitCode: 0,
      stdout: '1 failed record will be moved again.\n',
    });
    expect((await run('watch', id)).exitCode).toBe(0);
    await project.expectByteExact();
  });

  it('skip-record; a record that has not failed is refused and the run goes on as it was', async () => {
    const { project, id } = await parkedRun();
    const refused = await run('skip-record', id, '0', '--json');
    expect([refused.exitCode, errorOf(refused).code]).toEqual([2, 'InvalidInput']);
    expect(await run('skip-record', id, '1')).toMatchObject({ exitCode: 0, stdout: 'Record 1 is skipped.\n' });
    expect((await run('watch', id)).stdout).toMatch(/2 transferred, 1 skipped/);
    await project.expectByteExact(FILES.filter((file) => file !== middle));
  });

  it('abort ends the run with exit code 9 for who watches, and a second one finds it ended', async () => {
    const { project, id } = await parkedRun();
    const watching = run('watch', id);
    expect(await run('abort', id, '--reason', 'wrong dates')).toMatchObject({ exitCode: 0 });
    const watched = await watching;
    expect(watched.exitCode).toBe(9);
    expect(watched.stderr).toMatch(/wrong dates \(report: .*\) \[RunAborted\]/);
    const { objects, uploads } = await project.snapshot();
    expect({ objects, uploads }).toEqual({ objects: {}, uploads: [] });
    const again = await run('abort', id, '--json');
    expect([again.exitCode, errorOf(again).code]).toEqual([9, 'RunNotRunning']);
  });

  it('a terminated run says so, and offers nothing that can be done any more', async () => {
    const { id } = await parkedRun();
    await harness.client.workflow.getHandle(id).terminate('by the test');
    const status = await untilStatus(id, 'the end', ({ status: name }) => name === 'TERMINATED');
    // The query still answers what the run last knew of itself.
    expect(status).toMatchObject({ stage: 'parked', actions: [], failure: { code: 'RunAborted' } });
    const { exitCode, stdout } = await run('status', id);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^run +\S+ \(terminated\)$/m);
    expect(stdout).toContain('The run was terminated in Temporal. [RunAborted]');
    expect(stdout).not.toContain('can do');
    const watched = await run('watch', id);
    expect(watched.exitCode).toBe(9);
    expect(watched.stdout).not.toMatch(/Update `/);
  });

  it('the hint of RunNotFound lists the runs of every job', async () => {
    const { id } = await parkedRun();
    const { stderr } = await run('status', 'no-such-run');
    const query = /^hint: .*--query '(.*)'/m.exec(stderr)?.[1] ?? '';
    const found = await until(
      async () => {
        for await (const one of harness.client.workflow.list({ query })) if (one.workflowId === id) return one;
        return null;
      },
      { what: `${id} among the runs of ${query}`, timeoutMs: 20_000 },
    );
    expect(found.type).toBe('exportToS3');
    await run('abort', id);
  });

  it('a run that was refused at its start has no report, and says why', async () => {
    const workflowId = uniqueName('refused');
    const options = { taskQueue: 'longhaul', workflowId, args: [{ project: '../p' }] };
    await harness.client.workflow.start('exportToS3', options);
    await untilStatus(workflowId, 'the failure', ({ status }) => status === 'FAILED');
    const { exitCode, stderr } = await run('report', workflowId);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/has no report: it was refused at its start: Input field "project".*\[ReportMissing\]/);
  });

  it('a run that is not there is RunNotFound, for every command', async () => {
    const commands = ['status', 'watch', 'pause', 'resume', 'retry-failed', 'abort', 'report'];
    const results = await Promise.all(commands.map((command) => run(command, 'no-such-run', '--json')));
    for (const result of results) expect([result.exitCode, errorOf(result).code]).toEqual([9, 'RunNotFound']);
  });
});

it('a namespace that does not exist is NamespaceNotFound, for every command that asks the server', async () => {
  const env = childEnv({ ...harness.cliEnv(), TEMPORAL_NAMESPACE: 'no-such-namespace' });
  const cli = path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js');
  const commands = [
    ['export', 'any'],
    ['status', 'any'],
    ['runs'],
    ['top', '--once'],
    ['pause', 'any'],
    ['schedule', 'list'],
    ['janitor', 'any'],
  ];
  const results = await Promise.all(commands.map((argv) => runScript([cli, ...argv, '--json'], env)));
  const codes = results.map((result, n) => [commands[n]?.[0], result.exitCode, errorOf(result).code]);
  expect(codes).toEqual(commands.map(([command]) => [command, 3, 'NamespaceNotFound']));
  // It logs, and has no --json.
  const worker = await runScript([cli, 'worker'], env);
  expect(worker).toMatchObject({
    exitCode: 3,
    stderr: expect.stringMatching(/"no-such-namespace".*\[NamespaceNotFound\]/) as string,
  });
});

describe('checks', () => {
  it('validate passes, starts nothing and leaves nothing behind', async () => {
    const project = await harness.project({ files: FILES });
    const { exitCode, stdout } = await run('validate', project.name);
    expect(exitCode).toBe(0);
    expect(stdout.match(/^✓/gm)).toHaveLength(4);
    expect(project.api.operations).toMatchObject({ check: 1, create: 0 });
    expect(await project.snapshot()).toEqual({ objects: {}, uploads: [] });
    expect(await project.controlFiles()).toEqual({});
  });

  it('validate names the first thing that is wrong, with its exit code', async () => {
    const project = await harness.project({ files: FILES, config: { aws: { target_bucket: 'no-such-bucket-here' } } });
    const { exitCode, stdout } = await run('validate', project.name, '--json');
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { status: string; code?: string }[] };
    expect({ exitCode, ok }).toEqual({ exitCode: 8, ok: false });
    expect(checks.map(({ status }) => status)).toEqual(['ok', 'ok', 'failed', 'skipped']);
    expect(checks[2]).toMatchObject({ code: 'BucketNotFound' });
  });

  it('doctor finds the servers, the worker and the projects', async () => {
    const { stdout } = await run('doctor', '--json');
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string }[] };
    const statusOf = new Map(checks.map(({ name, status }) => [name, status]));
    expect([...statusOf.keys()]).toEqual(expect.arrayContaining(['Node.js', 'Temporal', 'namespace']));
    for (const name of ['Node.js', 'Temporal', 'namespace']) expect([name, statusOf.get(name)]).toEqual([name, 'ok']);
    expect(checks.filter(({ name }) => /worker|longhaul/.test(name)).map(({ status }) => status)).not.toContain(
      'failed',
    );
  });
});
