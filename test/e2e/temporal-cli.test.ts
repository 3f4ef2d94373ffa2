/** Runs that are started with Temporal's own command, as the README shows it: nothing of ours sees the input first. */
import { execFile } from 'node:child_process';
import { generatedFile } from '../../src/dev/export-api';
import { toolPaths } from '../../src/dev/tools';
import { RunHarness } from '../support/run-harness';
import { failureOf, type RunHandle } from '../support/run-outcome';
import { uniqueName } from '../support/shared-stack';

let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

/** `temporal workflow start …` on the shared server; answers what it prints. */
async function startWith(workflowId: string, input: readonly string[]): Promise<{ text: string; handle: RunHandle }> {
  const { temporal } = await toolPaths();
  const server = ['--address', harness.servers.temporal.address, '--namespace', harness.namespace];
  const start = ['workflow', 'start', '--type', 'exportToS3', '--task-queue', 'longhaul', '--workflow-id', workflowId];
  const text = await new Promise<string>((resolve, reject) => {
    execFile(temporal, [...start, ...server, ...input], (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}: ${stderr}`, { cause: error }));
    });
  });
  return { text, handle: harness.client.workflow.getHandle(workflowId) as RunHandle };
}

it('a right input runs to its success', async () => {
  const project = await harness.project({ files: [generatedFile('asset', 'part-0.parquet', 1_000, 1)] });
  const { text, handle } = await startWith(uniqueName('by-hand'), ['--input', `{"project":"${project.name}"}`]);
  expect(text).toContain(handle.workflowId);
  expect(await handle.result()).toMatchObject({ records: 1, transferred: 1 });
  await project.expectByteExact();
});

it.each([
  ['none at all', [], /must be one JSON object.*--input/],
  ['a text', ['"project_01"'], /must be one JSON object.*got the text "project_01"/],
  ['a list', ['["project_01"]'], /must be one JSON object/],
  ['an empty object', ['{}'], /"project" must be/],
  ['a way out of the folder', ['{"project":"../secrets"}'], /"project" must be.*\.\.\/secrets/],
  ['an unknown field', ['{"project":"p","exprot":"policy"}'], /Unknown input field "exprot"; known are .*export/],
  [
    'an unknown type',
    ['{"project":"p","export":"assets"}'],
    /vulnerability, policy, remediation, software; got the text "assets"/,
  ],
  ['dates that are missing', ['{"project":"p","export":"remediation"}'], /needs "startDate"/],
  [
    'a day that does not exist',
    ['{"project":"p","export":"remediation","startDate":"2026-02-30","endDate":"2026-03-01"}'],
    /"startDate".*2026-02-30/,
  ],
  [
    'a record of both kinds',
    ['{"project":"p","records":[{"url":"https://e.com/a","prefix":"s3://b/c"}]}'],
    /records\[0\]/,
  ],
  ['a setting that is no value', ['{"project":"p","set":{"aws.max_workers":[4]}}'], /aws\.max_workers/],
])('%s for an input fails the run at once, readable, in its first workflow task', async (_, inputs, message) => {
  const { handle } = await startWith(
    uniqueName('by-hand'),
    inputs.flatMap((input) => ['--input', input]),
  );
  const failure = await failureOf(handle);
  expect(failure).toMatchObject({ code: 'InvalidInput', message: expect.stringMatching(message) as string });
  const { events } = await handle.fetchHistory();
  // Started, task scheduled, started, completed, failed: no loop of workflow tasks that throw.
  expect(events).toHaveLength(5);
  expect(events?.at(-1)?.workflowExecutionFailedEventAttributes).toBeTruthy();
});
