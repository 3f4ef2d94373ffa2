/** `longhaul plan` against real servers: what it says of a project, what it leaves behind, and whether the run agrees. */
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { PlanMessage } from '../../src/client/lib/plan/message';
import { childEnv } from '../../src/config/environment';
import { generatedFile } from '../../src/dev/export-api';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { listObjects, plantObject } from '../support/bucket-view';
import { IngestRig } from '../support/ingest-rig';
import { errorOf, longhaul } from '../support/longhaul-command';
import { RunHarness } from '../support/run-harness';
import { runScript } from '../support/run-script';
import { freshFolder } from '../support/shared-stack';

const MIB = 2 ** 20;
const SMALL_BYTES = 30_000;
const SMALL = [1, 2, 3].map((seed) => generatedFile('asset', `part-${seed}.parquet`, SMALL_BYTES, seed));
/** Three parts of the 5 MiB that the harness sets. */
const LARGE = generatedFile('asset_policy', 'large.parquet', 12 * MIB, 9);

let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start({ worker: false });
}, 90_000);
afterAll(() => harness.stop());

const planOf = async (...argv: string[]): Promise<PlanMessage> => {
  const { exitCode, stdout, stderr } = await longhaul(harness, 'plan', ...argv, '--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout) as PlanMessage;
};

describe('longhaul plan', () => {
  it('asks the vendor and the file host, and leaves nothing in the bucket', async () => {
    const project = await harness.project({ files: [...SMALL, LARGE] });
    const before = await listObjects(harness.s3, project.bucket, '');
    const message = await planOf(project.name);
    expect(message).toMatchObject({
      project: project.name,
      target: `s3://${project.bucket}/${project.targetPrefix}`,
      publish: 'atomic',
      maxWorkers: 4,
      sizes: { asked: 4, of: 4, unknown: 0 },
      keys: { folders: 2, largest: `${project.targetPrefix}/asset/`, largestShare: 0.75 },
      plan: {
        records: 4,
        objects: 4,
        bytes: 3 * SMALL_BYTES + 12 * MIB,
        pages: 1,
        sourceRequests: 3 + 3,
        s3: { byOperation: { upload_part: 3 + 3, complete_multipart: 4 } },
      },
    });
    expect(message.exportId).not.toBeNull();
    expect(await listObjects(harness.s3, project.bucket, '')).toEqual(before);
    // The same export again, without another one at the vendor.
    const again = await planOf(project.name, '--export-id', message.exportId ?? '');
    expect(again.plan.s3).toEqual(message.plan.s3);
  });

  it('plans a list and its prefixes without asking the API, and counts those whose size nobody tells', async () => {
    const project = await harness.project({ files: SMALL });
    for (let n = 0; n < 5; n += 1) await plantObject(harness.s3, project.bucket, `from/here/object-${n}`);
    const folder = freshFolder('plan');
    const list = path.join(folder.path, 'records.ndjson');
    const absent = new URL('/absent.csv', project.api.endpoint).href;
    const records = [{ prefix: `s3://${project.bucket}/from/here` }, { url: absent, dataset: 'gone' }];
    writeFileSync(list, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const { exitCode, stdout, stderr } = await longhaul(harness, 'plan', project.name, '--records', list);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^plan +\S+ to s3:\/\/\S+ \(atomic, 4 at once\)\nrecords +2 in 1 page\nobjects +6, /);
    expect(stdout).toMatch(/limits +all within/);
    expect(stderr).toMatch(/^warning: 1 of 1 URLs did not tell their size; .*\[SourceNotFound\]\n$/);
  });

  it('takes other prices and speeds, and says which it does not know', async () => {
    const project = await harness.project({ files: SMALL });
    const cheap = await planOf(project.name, '--assume', 'price.temporal_per_million_actions=0', '--sample', '0');
    expect(cheap.plan.cost.temporalActions).toBe(0);
    expect(cheap.plan.unknownSizes).toBe(3);
    const wrong = await longhaul(harness, 'plan', project.name, '--assume', 'price.temporal=1', '--json');
    expect(wrong.exitCode).toBe(2);
    expect(errorOf(wrong)).toMatchObject({
      code: 'InvalidInput',
      message: expect.stringMatching(/do you mean/) as unknown,
    });
    const both = await longhaul(harness, 'plan', project.name, '--records', '-', '--type', 'policy', '--json');
    expect(errorOf(both).code).toBe('InvalidInput');
  });

  it('has help with examples', async () => {
    const { exitCode, stdout } = await longhaul(harness, 'plan', '--help');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Examples:\n  $ longhaul plan project_01\n');
  });
});

describe('longhaul ingest --plan', () => {
  let rig: IngestRig;
  beforeAll(async () => {
    rig = await IngestRig.start();
  }, 90_000);
  afterAll(() => rig.stop());

  it('foresees the requests of a run, and writes nothing', async () => {
    const { host, harness } = rig;
    const large = Buffer.alloc(12 * MIB, 'id,name\n');
    const bucket = await rig.bucket([
      host.add('/large.csv', large),
      host.add('/a.csv', 'a'),
      host.add('/empty.csv', ''),
    ]);
    const before = await listObjects(harness.s3, bucket, '');
    const script = path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js');
    const args = [script, 'ingest', '--bucket', bucket, '--plan', '--json'];
    const { exitCode, stdout } = await runScript(args, childEnv({ ...harness.cliEnv(), ...rig.env }));
    expect(exitCode).toBe(0);
    const { plan, ...message } = JSON.parse(stdout) as PlanMessage;
    expect(message).toMatchObject({ project: bucket, publish: 'direct', sizes: { asked: 3, of: 3, unknown: 0 } });
    expect(plan).toMatchObject({ records: 3, bytes: large.length + 1 });
    expect(await listObjects(harness.s3, bucket, '')).toEqual(before);

    const { s3_request_counts: used } = await rig.run({ bucket });
    expect(plan.s3.total).toBe(used.total);
  });
});

describe('npm run bench -- plan', () => {
  it('finds the requests and Actions of a run as they were planned', async () => {
    const script = path.join(REPOSITORY_ROOT, 'scripts', 'bench.mjs');
    const args = [script, 'plan', '--records', '200', '--calibrate', '40', '--json'];
    const { exitCode, stdout } = await runScript(args, childEnv());
    expect(exitCode).toBe(0);
    const { figures } = JSON.parse(stdout) as { figures: Record<string, number> };
    // Time is measured on a machine that has nothing else to do.
    expect(figures['s3_requests_planned']).toBe(figures['s3_requests_used']);
    expect(figures['actions_error']).toBeLessThanOrEqual(0.15);
    expect(figures['history_events_over_bound']).toBeLessThanOrEqual(1);
    expect(figures['writes_while_planning']).toBe(0);
  }, 300_000);
});
