/** `longhaul transfer`, `status`, `watch` and `abort` on transfers of events, each as a process of its own. */
import { randomUUID } from 'node:crypto';
import { EventRig, PART_BYTES, patterned, sha256Of } from '../support/event-rig';
import { errorOf, longhaul } from '../support/longhaul-command';
import type { ScriptResult } from '../support/run-script';
import { uniqueName } from '../support/shared-stack';
import { until } from '../support/until';

let rig: EventRig;
beforeAll(async () => {
  rig = await EventRig.start();
}, 90_000);
afterAll(() => rig.stop());
afterEach(() => {
  rig.s3.script = () => 'pass';
});

const run = (...argv: string[]): Promise<ScriptResult> => longhaul(rig.harness, ...argv);
const json = ({ stdout }: ScriptResult): unknown => JSON.parse(stdout);

/** The arguments of `transfer` from one bucket to another, and the run's id. */
const transfer = (from: string, to: string) => {
  const eventId = randomUUID();
  const uris = ['--source', `s3://${rig.bucket}/${from}`, '--destination', `s3://${rig.bucket}/${to}`];
  return { argv: ['transfer', ...uris, '--event-id', eventId], id: `transfer-event/${eventId}` };
};

test('a done one: transfer, status and watch tell the same, and there is nothing left to abort', async () => {
  const [source, destination] = [rig.at('aws_s3', uniqueName('in')), rig.at('aws_s3', uniqueName('out'))];
  const body = patterned(70_000);
  await rig.put(source, body);
  const { argv, id } = transfer(source.key, destination.key);
  const moved = await run(...argv, '--sha256', sha256Of(body));
  expect(moved.exitCode).toBe(0);
  expect(moved.stderr).toContain(`Started. ${id} (Temporal namespace ${rig.harness.namespace}).`);
  expect(moved.stdout).toMatch(
    new RegExp(
      `^run +${id} \\(completed\\)\\nmoved +s3://.*\\nto +s3://.*\\nbytes +68\\.4 KiB in .*\\nverified +by sha256\\n`,
    ),
  );
  const [status, watched, report] = await Promise.all([run('status', id), run('watch', id), run('report', id)]);
  for (const each of [status, report]) expect(each).toMatchObject({ exitCode: 0, stdout: moved.stdout });
  expect(watched.exitCode).toBe(0);
  expect(watched.stdout).toContain(moved.stdout);
  expect(json(await run('status', id, '--json'))).toMatchObject({
    workflowId: id,
    status: 'COMPLETED',
    result: { bytes: 70_000, verified: 'sha256', attempts: 1 },
  });
  const again = await run('abort', id, '--json');
  expect([again.exitCode, errorOf(again).code]).toEqual([9, 'RunNotRunning']);
  expect(errorOf(again).message).toContain('(completed)');
}, 60_000);

test('a failed one: its own exit code for who waits and who watches later; status says why', async () => {
  const { argv, id } = transfer(uniqueName('nowhere'), uniqueName('never'));
  const failed = await run(...argv);
  expect(failed).toMatchObject({ exitCode: 7, stdout: '' });
  expect(failed.stderr).toMatch(/error: .* \[SourceNotFound\]\nhint: /);
  const watched = await run('watch', id, '--json');
  expect([watched.exitCode, errorOf(watched).code]).toEqual([7, 'SourceNotFound']);
  const status = await run('status', id);
  expect(status.exitCode).toBe(0);
  expect(status.stdout).toMatch(/^run +\S+ \(failed\)$/m);
  expect(status.stdout).toMatch(/\[SourceNotFound\]/);
  expect(status.stdout).not.toContain('can do');
  expect(json(await run('status', id, '--json'))).toMatchObject({
    status: 'FAILED',
    job: 'transferEvent',
    stage: 'done',
    totals: { failed: 1, transferred: 0 },
    failure: { code: 'SourceNotFound' },
  });
}, 60_000);

test('abort of a large one in the middle takes it back; who waits ends with exit code 130, and it may be sent again', async () => {
  const [source, destination] = [rig.at('aws_s3', uniqueName('in')), rig.at('aws_s3', uniqueName('out'))];
  await rig.put(source, patterned(4 * PART_BYTES));
  let held = 0;
  rig.s3.script = ({ operation, url }) => {
    const isOurs = operation === 'part' && url.pathname.endsWith(destination.key);
    if (!isOurs || url.searchParams.get('partNumber') === '1') return 'pass';
    held += 1;
    return { holdUntil: new Promise(() => undefined) };
  };
  const { argv, id } = transfer(source.key, destination.key);
  const started = await run(...argv, '--no-wait', '--json');
  expect(json(started)).toMatchObject({ workflowId: id, outcome: 'started' });
  await until(() => held > 0, { what: 'a part under way', timeoutMs: 30_000 });
  expect(await rig.uploads()).toHaveLength(1);

  const status = await run('status', id);
  expect(status.stdout).toMatch(/^run +\S+ \(running\)$/m);
  expect(status.stdout).toContain('longhaul abort');
  const paused = await run('pause', id, '--json');
  expect([paused.exitCode, errorOf(paused).code]).toEqual([2, 'InvalidInput']);

  const watching = run('watch', id);
  const aborted = await run('abort', id, '--reason', 'wrong bucket');
  expect(aborted).toMatchObject({
    exitCode: 0,
    stdout: `Aborting: what the run has made is taken back. See it end with: longhaul watch ${id}\n`,
    stderr: '',
  });
  const watched = await watching;
  expect(watched.exitCode).toBe(130);
  expect(watched.stderr).toMatch(/error: The run was cancelled.* \[Cancelled\]/);
  expect(await rig.uploads()).toEqual([]);
  expect(await rig.read(destination)).toBeNull();
  const { events } = await rig.harness.client.workflow.getHandle(id).fetchHistory();
  const requests = (events ?? []).flatMap((each) => each.workflowExecutionCancelRequestedEventAttributes ?? []);
  expect(requests).toMatchObject([{ cause: 'wrong bucket' }]);
  expect(json(await run('status', id, '--json'))).toMatchObject({
    status: 'CANCELLED',
    failure: { code: 'Cancelled' },
  });

  rig.s3.script = () => 'pass';
  expect(json(await run(...argv, '--json'))).toMatchObject({ workflowId: id, bytes: 4 * PART_BYTES });
}, 90_000);

test('one that is not there is RunNotFound, for every command', async () => {
  const commands = ['status', 'watch', 'abort', 'report'];
  const results = await Promise.all(
    commands.map((command) => run(command, `transfer-event/${randomUUID()}`, '--json')),
  );
  for (const result of results) expect([result.exitCode, errorOf(result).code]).toEqual([9, 'RunNotFound']);
});
