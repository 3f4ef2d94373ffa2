/** Runs that succeed, on the real servers: every byte, every key, every field of the ledger and the report. */
import { HeadObjectCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { expectedCrc32, generatedFile } from '../../src/dev/export-api';
import type { TestProject } from '../support/test-project';
import { RunHarness } from '../support/run-harness';

const MIB = 2 ** 20;
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

/** A dataset with a slash, base names that collide across datasets, an empty file, one of exactly one part, one of three. */
const FILES = [
  generatedFile('asset', 'part-0.parquet', 1_000, 1),
  generatedFile('asset_vulnerability', 'part-0.parquet', 12 * MIB + 7, 2),
  generatedFile('vulnerability_remediation/ivm', 'part-0.parquet', 5 * MIB, 3),
  generatedFile('vulnerability_remediation/ivm', 'empty file.csv', 0, 4),
];
const [small, large] = FILES as [(typeof FILES)[0], (typeof FILES)[0]];

describe.each(['atomic', 'direct'] as const)('publish: %s', (publish) => {
  it('moves every byte to its documented key, and touches nothing of others', async () => {
    const project = await harness.project({ files: FILES, config: { aws: { publish } } });
    await project.plantForeign([project.keyOf(large)], [project.keyOf(small)]);
    const before = await project.snapshot();

    const result = await project.run();

    const bytes = FILES.reduce((sum, file) => sum + file.sizeBytes, 0);
    const counts = { records: 4, transferred: 4, copied: 0, skipped: 0, failed: 0, aborted: 0, objects: 4 };
    expect(result).toMatchObject({ ...counts, bytes, resentBytes: 0 });
    await project.expectByteExact();
    const after = await project.snapshot();
    const ours = [...FILES.map((file) => project.keyOf(file)), `${project.targetPrefix}/_SUCCESS`];
    expect(Object.keys(after.objects).sort()).toEqual([...new Set([...Object.keys(before.objects), ...ours])].sort());
    expect(after).toMatchObject({
      uploads: before.uploads,
      objects: Object.fromEntries(Object.entries(before.objects).filter(([key]) => !ours.includes(key))),
    });
    expect(project.api.apiKeySeenAtFileHost).toBe(false);
    await expectPapers(project, result.runId, publish);
  });

  it('names the version that it has written on a versioned bucket', async () => {
    const project = await harness.project({ files: FILES.slice(0, 2), config: { aws: { publish } } });
    const enabled = { Status: 'Enabled' } as const;
    const { s3 } = harness;
    await s3.send(new PutBucketVersioningCommand({ Bucket: project.bucket, VersioningConfiguration: enabled }));
    const { runId } = await project.run();
    const ledger = await project.ledger(runId);
    expect(ledger).toHaveLength(2);
    for (const { key, versionId } of ledger) {
      const { VersionId } = await s3.send(new HeadObjectCommand({ Bucket: project.bucket, Key: key }));
      expect(versionId).toEqual(expect.any(String));
      expect(versionId).toBe(VersionId);
    }
  });
});

/** Ledger, report.json, report.txt, the manifest and `_SUCCESS` of a run over FILES. */
async function expectPapers(project: TestProject, runId: string, publish: string): Promise<void> {
  const ledger = (await project.ledger(runId)).sort((a, b) => a.n - b.n);
  const time = expect.stringMatching(/^20\d\d-\d\d-\d\dT[\d:.]+Z$/) as string;
  expect(ledger).toEqual(
    await Promise.all(
      FILES.map(async (file, n) => ({
        n,
        dataset: file.dataset,
        source: project.api.filesUrl + project.api.urlPath('vulnerability', file),
        key: project.keyOf(file),
        bytes: file.sizeBytes,
        crc32: await expectedCrc32(file),
        parts: Math.max(1, Math.ceil(file.sizeBytes / (5 * MIB))),
        attempts: 1,
        outcome: 'transferred',
        startedAt: time,
        finishedAt: time,
        // Where it is published later than its bytes are in.
        ...(publish === 'atomic' ? { movedAt: time } : {}),
        verified: 'crc32',
      })),
    ),
  );
  expect(await project.report(runId)).toMatchObject({
    run: runId,
    project: project.name,
    outcome: 'succeeded',
    target: `s3://${project.bucket}/${project.targetPrefix}`,
    totals: { records: 4, transferred: 4, failed: 0 },
    failure: null,
    failures: [],
    cleanup: null,
  });
  expect(await project.runFile(runId, 'report.txt')).toMatch(/^Longhaul export report: succeeded\n=+\n[^]*Objects: 4 /);
  expect(JSON.parse(await project.text(`${project.targetPrefix}/_SUCCESS`))).toMatchObject({ run: runId, objects: 4 });
  const control = Object.keys(await project.controlFiles());
  expect(control.filter((key) => key.includes('/staged/'))).toEqual([]);
}

it('gives two files of one name in one dataset two keys, both below the prefix, both byte for byte', async () => {
  const files = ['2026-01/part-0.csv', '2026-02/part-0.csv'].map((path, n) =>
    generatedFile('asset', path, 2_000, n + 1),
  );
  const project = await harness.project({ files });
  const { runId } = await project.run();
  const ledger = await project.ledger(runId);
  expect(new Set(ledger.map(({ key }) => key)).size).toBe(2);
  expect(ledger.map(({ key }) => key)).toContain(`${project.targetPrefix}/asset/part-0.csv`);
  for (const { key, crc32, source } of ledger) {
    expect(key).toMatch(/^sample\/data\/asset\/part-0(\.[0-9a-f]{8})?\.csv$/);
    const file = files.find((one) => source.endsWith(encodeURIComponent(one.path)) || source.endsWith(one.path));
    expect(crc32).toBe(await expectedCrc32(file!));
    expect((await project.digest(key)).bytes).toBe(2_000);
  }
});
