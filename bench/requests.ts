/** What a record that fits in one part costs: activities, and requests to its source and its object in S3. */
import { generatedRecords } from '../src/dev/export-api/samples';
import type { PublishMode } from '../src/model/run';
import { bench } from './lib/bench';
import { startCountingProxy, type CountingProxy } from './lib/counting-proxy';
import { BUCKET, withRig, type Rig } from './lib/rig';

const FILE_BYTES = 100_000;

interface Cost {
  readonly activities: number;
  readonly requests: number;
}

void bench('requests', { records: 40 }, ({ options, say }) =>
  withRig(say, async (rig) => {
    const proxy = await startCountingProxy(rig.stack.s3.endpoint);
    try {
      rig.configure({ aws: { endpoint: proxy.endpoint } });
      await rig.stack.startWorker();
      const atomic = await costOf(rig, proxy, 'atomic', options.records);
      const direct = await costOf(rig, proxy, 'direct', options.records);
      return {
        figures: {
          activities_atomic: atomic.activities,
          requests_atomic: atomic.requests,
          activities_direct: direct.activities,
          requests_direct: direct.requests,
        },
        goals: {
          activities_atomic: { max: 2 },
          requests_atomic: { max: 4 },
          activities_direct: { max: 2 },
          requests_direct: { max: 2 },
        },
      };
    } finally {
      await proxy.close();
    }
  }),
);

/** The most that any single record took. Publishing is one activity for a whole page, so it counts for no record. */
async function costOf(rig: Rig, proxy: CountingProxy, publish: PublishMode, records: number): Promise<Cost> {
  const files = generatedRecords(records, FILE_BYTES, `asset_${publish}`);
  const runId = `bench-${publish}`;
  const run = await rig.start(runId, files, { runId, set: { 'aws.publish': publish } });
  await run.result();
  // Records of one part are activities of their batch, and have no workflow of their own.
  const { events } = await rig.client.workflow.getHandle(`${runId}/batch/0`).fetchHistory();
  const inBatch = events ?? [];
  let activities = 0;
  let requests = 0;
  for (const [n, file] of files.entries()) {
    const scheduled = inBatch.filter(
      (event) => event.activityTaskScheduledEventAttributes?.activityId === `record/${n}`,
    );
    if (scheduled.length === 0) throw new Error(`Record ${n} is not in the first page`);
    const source = rig.stack.exportApi.requests[rig.stack.exportApi.urlPath('vulnerability', file)]?.requests ?? 0;
    const path = `/${BUCKET}/sample/data/${file.dataset}/${file.path}`;
    const store = proxy.seen.filter((request) => request.path === path).length;
    if (source === 0 || store === 0) throw new Error(`No request was seen for ${path}`);
    activities = Math.max(activities, scheduled.length);
    requests = Math.max(requests, source + store);
  }
  return { activities, requests };
}
