/**
 * Every command line of the documentation: run here as it is printed, beside the samples of `longhaul dev`, or named below with
 * the test that runs it or the reason why none can. A line that is neither makes this fail.
 */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { childEnv } from '../../src/config/environment';
import { generatedFile } from '../../src/dev/export-api';
import { writeProjectConfig, type ConfigOverrides } from '../../src/dev/sample-config';
import type { Stack } from '../../src/dev/stack';
import { REPOSITORY_ROOT, toolPaths } from '../../src/dev/tools';
import { DOC_PAGES, docLines, type DocLine } from '../support/doc-lines';
import { freshFolder, ownStack } from '../support/shared-stack';
import { until } from '../support/until';

/** Of a page, lines that begin so: the file that runs them, or why nothing does. */
const ELSEWHERE: readonly (readonly [page: string, start: string, where: string])[] = [
  ['README.md', 'npm run quickstart', 'builds first, and takes a minute; test/crash kills workers in the same way'],
  ['README.md', 'npm test', 'it is what runs this'],
  ['CONTRIBUTING.md', 'npm ', 'it is what runs this, and its parts'],
  ['docs/chaos.md', 'npm run chaos', 'test/crash/chaos.test.ts'],
  ['docs/storm.md', 'np', 'test/storm/storm.test.ts'],
  ['docs/guide-bridge.md', '', 'test/bridge/cli-transfer.test.ts'],
  ['docs/guide-bridge-operations.md', 'export ', 'queues of an account at AWS'],
  ['docs/guide-bridge-operations.md', 'longhaul worker --roles bridge', 'test/bridge/temporal-down.test.ts'],
  ['docs/guide-bridge-operations.md', 'curl ', 'test/bridge/http.test.ts'],
  ['docs/guide-bridge-operations.md', 'longhaul dlq', 'test/bridge/dlq.test.ts'],
  [
    'docs/guide-deploy.md',
    'docker ',
    'needs Docker; the image is built step by step by test/deploy/dockerfile.test.ts',
  ],
  ['docs/guide-deploy.md', 'helm ', 'needs a cluster; the chart is rendered by test/deploy'],
  ['docs/guide-deploy.md', 'terraform ', 'makes roles in accounts at AWS and Google'],
  ['docs/guide-encryption.md', 'export ', 'test/e2e/encryption.test.ts'],
  ['docs/guide-encryption.md', 'longhaul codec-server', 'test/e2e/encryption.test.ts'],
  ['docs/guide-encryption.md', 'temporal workflow show', 'test/e2e/encryption.test.ts'],
  ['docs/guide-ingest.md', 'jq ', 'test/faults/ingest.test.ts'],
  ['docs/guide-install.md', '', 'test/dev/package.test.ts'],
  ['docs/guide-operate.md', 'longhaul top --sort rate', 'test/e2e/cli-operate.test.ts'],
  ['docs/operations.md', 'longhaul set-max-bytes-per-sec <run>', 'test/faults/rate.test.ts'],
  ['docs/guide-operate.md', 'longhaul activity', 'test/e2e/cli-activity.test.ts'],
  ['docs/guide-tracing.md', '', 'test/e2e/tracing.test.ts'],
  ['docs/guide-provider.md', 'npm run build', 'for a provider that its reader writes'],
  ['docs/guide-restore.md', 'LONGHAUL_HOST=storage-1 longhaul worker', 'test/crash/restore-killed.test.ts'],
  ['docs/guide-schedules.md', '', 'test/e2e/cli-guide-schedules.test.ts'],
  ['docs/guide-upgrade.md', '', 'test/e2e/guide-upgrade.test.ts'],
];

const isElsewhere = ({ page, line }: DocLine): boolean =>
  ELSEWHERE.some(([onPage, start]) => page === onPage && line.startsWith(start));

it('says of each line that is not run here where it is', () => {
  const lines = DOC_PAGES.flatMap(docLines);
  const unused = ELSEWHERE.filter(
    ([page, start]) => !lines.some((one) => one.page === page && one.line.startsWith(start)),
  );
  expect(unused).toEqual([]);
  const files = ELSEWHERE.map(([, , where]) => where).filter((where) => /^test\/\S+\.ts$/.test(where));
  expect(files.filter((file) => !existsSync(path.join(REPOSITORY_ROOT, file)))).toEqual([]);
});

describe('as printed, beside the samples of longhaul dev', () => {
  const folder = freshFolder('docs');
  const bin = freshFolder('docs-bin');
  let stack: Stack;
  let client: Client;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    const files = [1, 2].map((seed) => generatedFile('asset', `part-${seed}.parquet`, 30_000, seed));
    stack = await ownStack({
      sampleData: true,
      worker: true,
      postgres: true,
      exportApi: { files: { vulnerability: files, remediation: files } },
    });
    const { address, namespace } = stack.temporal;
    client = new Client({ connection: await Connection.connect({ address }), namespace });

    symlinkSync((await toolPaths()).temporal, path.join(bin.path, 'temporal'));
    for (const [name, script] of [
      ['longhaul', `exec '${process.execPath}' '${REPOSITORY_ROOT}/bin/longhaul.js' "$@"`],
      // Of an installed package: it finds the command beside it.
      ['npx', 'exec "$@"'],
    ] as const) {
      writeFileSync(path.join(bin.path, name), `#!/bin/sh\n${script}\n`);
      chmodSync(path.join(bin.path, name), 0o755);
    }
    const { s3, postgres } = stack;
    env = childEnv({
      PATH: `${bin.path}${path.delimiter}${childEnv().PATH ?? ''}`,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      LONGHAUL_CONFIG_DIR: stack.configDir,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_REGION: s3.region,
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
      ...postgres?.workerEnv,
      DISPLAY: undefined,
      WAYLAND_DISPLAY: undefined,
    });
    // The files that pages speak of, and the run of project_01 that they look back at.
    writeFileSync(path.join(folder.path, 'records.txt'), `${s3.endpoint}/health\n`);
    const sample = JSON.parse(
      readFileSync(path.join(stack.configDir, 'sample', 'config.json'), 'utf8'),
    ) as ConfigOverrides;
    writeProjectConfig(stack.configDir, 'project_01', {
      ...sample,
      aws: { ...sample['aws'], target_prefix: 'project_01' },
    });
    await shell('longhaul export project_01 --workflow-id export-project_01-20260131T093000Z');
  }, 180_000);
  afterAll(async () => {
    await client.connection.close();
    await stack.stop();
    folder.remove();
    bin.remove();
  });

  const shell = (line: string): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile('sh', ['-c', line], { env, cwd: folder.path }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${line}\n${stdout}${stderr}`, { cause: error }));
      });
    });

  const openRuns = async (): Promise<string[]> => {
    const open: string[] = [];
    for await (const { workflowId } of client.workflow.list({
      query: 'ExecutionStatus = "Running" AND LonghaulJob IS NOT NULL',
    }))
      open.push(workflowId);
    return open;
  };

  /** What was started in the background must end, and end well, before the next line starts another. */
  const settled = async (line: string): Promise<void> => {
    const started =
      / workflow start .*--workflow-id (\S+)/.exec(line)?.[1] ?? /--workflow-id (\S+) .*--detach/.exec(line)?.[1];
    if (started !== undefined) await client.workflow.getHandle(started).result();
    if (/schedule trigger/.test(line))
      await until(async () => (await openRuns()).length > 0, { what: 'the triggered run', timeoutMs: 20_000 });
    await until(async () => (await openRuns()).length === 0, { what: `runs of ${line} to end`, timeoutMs: 60_000 });
  };

  const pages = DOC_PAGES.map((page) => [page, docLines(page).filter((line) => !isElsewhere(line))] as const);
  it.each(pages.filter(([, lines]) => lines.length > 0))(
    '%s',
    async (_page, lines) => {
      // What a worker writes to stdout: the stack keeps both streams in one file.
      const log = readFileSync(path.join(stack.logDir, 'worker.log'), 'utf8').split('\n');
      writeFileSync(path.join(folder.path, 'worker.log'), log.filter((text) => text.startsWith('{')).join('\n'));
      for (const { line } of lines) {
        await shell(line);
        await settled(line);
        // Each page creates its schedules under the names that others use too, by both commands.
        const created = / schedule create (?:--schedule-id )?(\S+)/.exec(line)?.[1];
        const isNeeded = lines.some((other) => other.line.includes(`schedule trigger --schedule-id ${created ?? ''}`));
        if (created !== undefined && !isNeeded) await client.schedule.getHandle(created).delete();
      }
    },
    180_000,
  );
});
