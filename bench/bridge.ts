/**
 * The bridge: many small events through SQS against the bare limit of the Temporal server, duplicates, the processor time
 * of one large object there and back against rclone, and the memory of many large ones at once. Same servers for all.
 */
import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { BridgeServers } from '../src/dev/bridge-servers';
import { TASK_QUEUES, WORKFLOWS } from '../src/model/names';
import { bareStartsPerSec } from './lib/bare-starts';
import { bench } from './lib/bench';
import {
  GCS_BUCKET,
  eventOf,
  putLargeObject,
  putSmallObjects,
  queueEmpty,
  sendMessages,
  watchArrivals,
  type Way,
} from './lib/bridge-events';
import { withRclone, type Rclone } from './lib/rclone-peer';
import { BUCKET, withRig, type Rig } from './lib/rig';
import { watchUsage } from './lib/usage';

type Say = (line: string) => void;

const WORKFLOW = WORKFLOWS.transferEvent;
const LARGE = 'large/source';
const SMALL_BYTES = 1024;
const DUPLICATES = 100;
/** Of which a container of the deployment has 512 MiB. */
const MAX_RSS_MIB = 512;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? 0;

const servers = (rig: Rig): BridgeServers => {
  if (rig.stack.bridge === null) throw new Error('The stack has no bridge');
  return rig.stack.bridge;
};

const defaults = { events: 2000, kib: 64, mib: 1024, rounds: 3, large: 8, bare: 1000 };

void bench('bridge', defaults, ({ options, say }) =>
  withRig(
    say,
    async (rig) => {
      servers(rig).gcs.createBucket(GCS_BUCKET);
      const bare = await bareStartsPerSec(rig, 'bare', options.bare);
      say(`Bare limit of the server: ${bare.toFixed(1)} workflows per second`);
      // One worker for all that comes by the queue: a poll that a stopped one has left open swallows messages for a while.
      const worker = await rig.stack.startWorker();
      const events = await manyEvents(rig, options.events, options.kib * 1024, say);
      const duplicates = await sameEvent(rig, say);
      await worker.stop();
      await putLargeObject(rig, LARGE, options.mib);
      const cpu = await cpuAgainstRclone(rig, options.rounds, say);
      const rss = await memory(rig, options.large, say);
      return {
        figures: {
          lost: events.lost,
          moved_twice: events.movedTwice,
          p99_s: events.p99Sec,
          events_per_s: events.perSec,
          server_starts_per_s: bare,
          events_vs_server: events.perSec / bare,
          source_requests_1_event: duplicates.single,
          source_requests_100_duplicates: duplicates.many,
          cpu_vs_rclone: cpu.ours / cpu.theirs,
          cpu_s: cpu.ours,
          cpu_s_rclone: cpu.theirs,
          rss_mib_8x1gb: rss,
        },
        goals: {
          lost: { max: 0 },
          moved_twice: { max: 0 },
          events_vs_server: { min: 0.8 },
          cpu_vs_rclone: { max: 0.7 },
          rss_mib_8x1gb: { max: MAX_RSS_MIB },
        },
      };
    },
    { bridge: true },
  ),
);

interface EventFigures {
  readonly lost: number;
  readonly movedTwice: number;
  readonly p99Sec: number;
  readonly perSec: number;
}

async function manyEvents(rig: Rig, count: number, sizeBytes: number, say: Say): Promise<EventFigures> {
  const bridge = servers(rig);
  say(`Putting ${count} objects`);
  const objects = await putSmallObjects(rig, count, sizeBytes);
  const arrivals = watchArrivals(bridge, 'moved/');
  try {
    const startedMs = performance.now();
    const sent = await sendMessages(
      bridge,
      objects.map((object) => JSON.stringify(eventOf('s3-to-gcs', object))),
    );
    await arrivals.settled(count);
    const seconds = (performance.now() - startedMs) / 1000;
    // A second move of an event would come after the first: let the last messages be acknowledged.
    await queueEmpty(bridge);
    const latencies = objects.flatMap(({ to }, n) =>
      (arrivals.times.get(to) ?? []).slice(0, 1).map((at) => (at - (sent[n] ?? at)) / 1000),
    );
    const isThere = ({ to, crc32c }: (typeof objects)[number]): boolean =>
      bridge.gcs.object(GCS_BUCKET, to)?.crc32c === crc32c;
    const figures = {
      lost: objects.filter((object) => !isThere(object)).length,
      movedTwice: [...arrivals.times.values()].filter((times) => times.length > 1).length,
      p99Sec: percentile(latencies, 0.99),
      perSec: count / seconds,
    };
    say(`${count} events in ${seconds.toFixed(1)} s: ${JSON.stringify(figures)}`);
    return figures;
  } finally {
    arrivals.end();
  }
}

/** Requests at the source, which the double counts: once for one event, then for the same event a hundred times. */
async function sameEvent(rig: Rig, say: Say): Promise<{ single: number; many: number }> {
  const bridge = servers(rig);
  const requests = async (copies: number): Promise<number> => {
    const from = `duplicates/${copies}`;
    await bridge.gcs.putObject(GCS_BUCKET, from, Buffer.alloc(SMALL_BYTES, 'x'));
    const body = JSON.stringify(eventOf('gcs-to-s3', { eventId: randomUUID(), from, to: from }));
    await sendMessages(bridge, Array<string>(copies).fill(body));
    await queueEmpty(bridge);
    const { eventId } = JSON.parse(body) as { eventId: string };
    await rig.client.workflow.getHandle(`transfer-event/${eventId}`).result();
    return bridge.gcs.log.requests.filter(({ object }) => object === from).length;
  };
  const figures = { single: await requests(1), many: await requests(DUPLICATES) };
  say(`Source requests: ${JSON.stringify(figures)}`);
  return figures;
}

const removeAll = async (rig: Rig, keys: readonly string[]): Promise<void> => {
  const { gcs } = servers(rig);
  for (const key of keys) {
    await rig.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
    await fetch(`${gcs.endpoint}/storage/v1/b/${GCS_BUCKET}/o/${encodeURIComponent(key)}`, { method: 'DELETE' });
  }
};

/** Seconds of CPU for the large object from S3 to Cloud Storage and back; both without what starting costs. */
async function cpuAgainstRclone(rig: Rig, rounds: number, say: Say): Promise<{ ours: number; theirs: number }> {
  const ours: number[] = [];
  const theirs: number[] = [];
  await withRclone(rig.stack, say, async (rclone) => {
    await putLargeObject(rig, 'small/source', 1);
    for (let round = 1; round <= rounds; round += 1) {
      ours.push(await oursThereAndBack(rig));
      theirs.push((await rcloneThereAndBack(rclone, LARGE)) - (await rcloneThereAndBack(rclone, 'small/source')));
      say(`Round ${round}: ${ours.at(-1)?.toFixed(2)} s of CPU, rclone ${theirs.at(-1)?.toFixed(2)} s`);
      // rclone skips what is there already: the next round would be of no bytes.
      await removeAll(rig, ['there', 'back', ...[LARGE, 'small/source'].map((key) => `rclone/${key}`)]);
    }
  });
  return { ours: median(ours), theirs: median(theirs) };
}

/** Moves one object as the bridge would, and waits for the end of it. */
async function move(rig: Rig, way: Way, from: string, to: string): Promise<void> {
  const eventId = randomUUID();
  await rig.client.workflow.execute(WORKFLOW, {
    // Where the bridge starts it.
    taskQueue: TASK_QUEUES.transfer,
    workflowId: `transfer-event/${eventId}`,
    args: [eventOf(way, { eventId, from, to })],
  });
}

async function oursThereAndBack(rig: Rig): Promise<number> {
  const worker = await rig.stack.startWorker();
  try {
    // Compiling code on its first use is of the process, as rclone's start is.
    await move(rig, 's3-to-gcs', 'small/source', 'there');
    await move(rig, 'gcs-to-s3', 'there', 'back');
    const watched = watchUsage(worker.pid);
    await move(rig, 's3-to-gcs', LARGE, 'there');
    await move(rig, 'gcs-to-s3', 'there', 'back');
    return watched.stop().cpuSec;
  } finally {
    await worker.stop();
  }
}

async function rcloneThereAndBack(rclone: Rclone, key: string): Promise<number> {
  const there = await rclone.copyTo(`s3:${BUCKET}/${key}`, `gcs:${GCS_BUCKET}/rclone/${key}`);
  const back = await rclone.copyTo(`gcs:${GCS_BUCKET}/rclone/${key}`, `s3:${BUCKET}/rclone/${key}`);
  return there + back;
}

/** The greatest resident memory of a worker that moves `count` large objects at once. */
async function memory(rig: Rig, count: number, say: Say): Promise<number> {
  const worker = await rig.stack.startWorker();
  const names = Array.from({ length: count }, (_, n) => `memory/${n}`);
  const watched = watchUsage(worker.pid);
  try {
    await Promise.all(names.map((to) => move(rig, 's3-to-gcs', LARGE, to)));
    const { peakRssMib } = watched.stop();
    say(`${count} at once: ${peakRssMib.toFixed(0)} MiB`);
    return peakRssMib;
  } finally {
    watched.stop();
    await worker.stop();
    await removeAll(rig, names);
  }
}
