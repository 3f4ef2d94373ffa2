/** An ingest of a few files by HTTP; it always succeeds. */
import { createHash } from 'node:crypto';
import type { IngestResult } from '../../src/model/ingest-run';
import type { LedgerLine } from '../../src/model/records';
import { enableVersioning, writesByKey } from '../crash/support/versions';
import { plantUpload, snapshotOf } from '../support/bucket-view';
import { bytesOf } from '../support/transfer-rig';
import * as path from 'node:path';
import { Books } from './books';
import type { JobContext, StartedJob } from './job';
import { endingOf, startSteadily, steadily } from './steady';

const MAX_BYTES = 12 * 2 ** 20;
const DAY = '2025-01-02';
const CONTROL_PREFIX = '_longhaul/ingest';

export async function startIngest(context: JobContext): Promise<StartedJob> {
  const { world, random, name } = context;
  const { ingest: rig, harness } = world;
  const source = await world.source(`${name} source`, Number(new URL(rig.host.origin).port));
  const bodies = Object.fromEntries(
    Array.from({ length: random.int(1, 3) }, (_, n) => [`${name}-${n}.csv`, bytesOf(random.int(1, MAX_BYTES), n)]),
  );
  for (const [file, body] of Object.entries(bodies)) rig.host.add(`/${file}`, body);
  const bucket = await steadily(() => rig.bucket(Object.keys(bodies).map((file) => `${source.endpoint}/${file}`)));
  await steadily(() => enableVersioning(harness.s3, bucket));
  const keyOf = (file: string): string => `raw/${DAY.replaceAll('-', '/')}/${file}`;
  const dataDir = path.join(harness.servers.dataDir, 's3', 'data');
  await steadily(() => plantUpload(harness.s3, bucket, keyOf(`${name}-0.csv`), dataDir));
  const before = await steadily(() => snapshotOf(harness.s3, bucket, CONTROL_PREFIX));
  const handle = await startSteadily(harness.client, 'ingestUrls', name, { bucket, date: DAY, runId: name });
  const ending = endingOf<IngestResult>(handle, context.isGivenUp);
  return {
    name: `${name} (${Object.keys(bodies).length} files)`,
    over: ending.then((ended) => (ended.kind === 'succeeded' ? ended.result.message : ended.code)),
    check: async () => {
      const books = new Books();
      const ended = await ending;
      if (ended.kind === 'failed') books.problems.push(`failed with ${ended.code}: ${ended.message}`);
      const sizes = Object.fromEntries(Object.entries(bodies).map(([file, body]) => [keyOf(file), body.length]));
      books.bucket(before, await snapshotOf(harness.s3, bucket, CONTROL_PREFIX), Object.keys(sizes));
      const writes = Object.fromEntries(Object.keys(sizes).map((key) => [key, 1]));
      books.same('writes by key', await writesByKey(harness.s3, bucket, 'raw/', CONTROL_PREFIX), writes);
      for (const [file, body] of Object.entries(bodies)) {
        const sha256 = createHash('sha256').update(body).digest('hex');
        await books.object(harness.s3, bucket, keyOf(file), { sha256, bytes: body.length });
      }
      if (ended.kind === 'failed') return books;
      const text = await rig.runFile(bucket, name, 'ledger.ndjson');
      const lines = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as LedgerLine);
      books.ledger(lines, sizes);
      books.report(JSON.parse(await rig.runFile(bucket, name, 'report.json')) as Record<string, unknown>, lines);
      return books;
    },
  };
}
