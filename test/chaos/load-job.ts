/** A full load into a table of its own that held other rows: all of the new ones, none of the old, each once. */
import type { LoadResult } from '../../src/model/load-run';
import { csvOf, type LoadRig } from '../support/load-rig';
import { snapshotOf } from '../support/bucket-view';
import { Books } from './books';
import type { JobContext, StartedJob } from './job';
import { endingOf, startSteadily, steadily } from './steady';

const MAX_ROWS = 40_000;
const CONTROL_PREFIX = '_longhaul/load';
/** Many chunks of a small file: each is a transaction that a kill may hit. */
const CHUNK_MB = 0.1;

export async function startLoad(context: JobContext, rig: LoadRig): Promise<StartedJob> {
  const { world, random, name } = context;
  const { harness } = world;
  const set = await steadily(() => rig.dataSet({ config: { chunk_mb: CHUNK_MB, retry_for_sec: 600 } }));
  await rig.sql(`INSERT INTO ${set.table} VALUES (999999, 'old', 1)`);
  const counts = [random.int(1, MAX_ROWS), random.int(1, MAX_ROWS)] as const;
  const rows = counts[0] + counts[1];
  await steadily(() => set.put('a.csv', csvOf(counts[0])));
  await steadily(() => set.put('b.csv', csvOf(counts[1], counts[0] + 1)));
  const before = await steadily(() => snapshotOf(harness.s3, set.bucket, CONTROL_PREFIX));
  const handle = await startSteadily(harness.client, 'loadToPostgres', name, { ...set.input(), runId: name });
  const ending = endingOf<LoadResult>(handle, context.isGivenUp);
  return {
    name: `${name} (${rows} rows)`,
    over: ending.then((ended) => (ended.kind === 'succeeded' ? `${ended.result.rows} rows` : ended.code)),
    check: async () => {
      const books = new Books();
      const ended = await ending;
      if (ended.kind === 'failed') books.problems.push(`failed with ${ended.code}: ${ended.message}`);
      else books.same('rows in the result', ended.result.rows, rows);
      const [found] = await rig.sql(
        `SELECT count(*)::int AS n, count(DISTINCT id)::int AS ids, min(id)::int AS first, max(id)::int AS last,
                count(*) FILTER (WHERE name <> 'n' || id)::int AS mixed FROM ${set.table}`,
      );
      books.same(`table ${set.table}`, { ...found }, { n: rows, ids: rows, first: 1, last: rows, mixed: 0 });
      books.compared += 1;
      books.bucket(before, await snapshotOf(harness.s3, set.bucket, CONTROL_PREFIX), []);
      books.none('tables that are left', await set.leftTables());
      return books;
    },
  };
}
