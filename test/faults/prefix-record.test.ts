/** A record that is a prefix of a bucket: more objects than one listing names, copied with all that belongs to them. */
import { CreateBucketCommand, GetObjectTaggingCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { generatedFile } from '../../src/dev/export-api';
import { listObjects, objectDigest } from '../support/bucket-view';
import { RunHarness } from '../support/run-harness';
import { failureOf } from '../support/run-outcome';
import { uniqueName } from '../support/shared-stack';
import type { TestProject } from '../support/test-project';

/** A listing names 1,000. */
const OBJECTS = 1_030;
const FOLDER = 'exports/2026-01';
const source = uniqueName('source');
let harness: RunHarness;

beforeAll(async () => {
  harness = await RunHarness.start();
  await harness.s3.send(new CreateBucketCommand({ Bucket: source }));
  const keys = Array.from({ length: OBJECTS }, (_, n) => `${FOLDER}/day=${n % 7}/part-${n}.csv`);
  // Beside the prefix: its name begins alike, and it must not be copied.
  await putAll([...keys, `${FOLDER}-other/part-0.csv`, `${FOLDER}/`]);
}, 120_000);
afterAll(() => harness.stop());

async function putAll(keys: readonly string[]): Promise<void> {
  const queue = keys.values();
  const lane = async (): Promise<void> => {
    for (const key of queue) {
      const object = { Bucket: source, Key: key, Body: Buffer.from(key.endsWith('/') ? '' : `content of ${key}`) };
      const carried = {
        ContentType: 'text/csv',
        Metadata: { origin: 'scanner', n: key.slice(-6) },
        Tagging: 'team=blue',
      };
      await harness.s3.send(new PutObjectCommand({ ...object, ...carried }));
    }
  };
  await Promise.all(Array.from({ length: 12 }, lane));
}

const projectWithPrefix = (publish: string): Promise<TestProject> =>
  harness.project({
    files: [generatedFile('asset', 'part-0.parquet', 1_000, 1)],
    api: { prefixes: { vulnerability: [`s3://${source}/${FOLDER}`] } },
    config: { aws: { publish } },
  });

describe.each(['atomic', 'direct'])('publish: %s', (publish) => {
  it(`copies ${OBJECTS} objects with relative names, type, metadata and tags`, async () => {
    const project = await projectWithPrefix(publish);
    const result = await project.run();
    const bytes = expect.any(Number) as number;
    expect(result).toMatchObject({
      records: 2,
      objects: OBJECTS + 1,
      copied: OBJECTS,
      transferred: 1,
      failed: 0,
      bytes,
    });

    const below = `${project.targetPrefix}/2026-01/`;
    const copies = Object.keys(await listObjects(harness.s3, project.bucket, below));
    expect(copies).toHaveLength(OBJECTS);
    for (const n of [0, 500, OBJECTS - 1]) {
      const name = `day=${n % 7}/part-${n}.csv`;
      const place = { Bucket: project.bucket, Key: below + name };
      const [copy, original] = await Promise.all([
        objectDigest(harness.s3, project.bucket, below + name),
        objectDigest(harness.s3, source, `${FOLDER}/${name}`),
      ]);
      expect(copy).toEqual(original);
      const head = await harness.s3.send(new HeadObjectCommand(place));
      expect(head).toMatchObject({
        ContentType: 'text/csv',
        Metadata: { origin: 'scanner', n: `${FOLDER}/${name}`.slice(-6) },
      });
      const { TagSet } = await harness.s3.send(new GetObjectTaggingCommand(place));
      expect(TagSet).toEqual([{ Key: 'team', Value: 'blue' }]);
    }
    const ledger = await project.ledger(result.runId);
    expect(ledger.filter(({ outcome }) => outcome === 'copied')).toHaveLength(OBJECTS);
    expect((await project.snapshot()).uploads).toEqual([]);
  }, 60_000);
});

it.each(['atomic', 'direct'])(
  'publish: %s: another record that fails takes every copy back',
  async (publish) => {
    const project = await projectWithPrefix(publish);
    await project.plantForeign([`${project.targetPrefix}/2026-01/day=0/part-0.csv`]);
    const before = await project.snapshot();
    // The prefix record gets under way first.
    project.api.faults.file({ path: 'part-0.parquet', delayMs: 800, status: 404, body: '<Error/>' });
    const failure = await failureOf(await project.start());
    expect(failure).toMatchObject({ code: 'SourceNotFound', details: { cleanup: { problems: [] } } });
    await project.expectUnchanged(before);
  },
  60_000,
);
