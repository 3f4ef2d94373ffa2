/** A process that dies at any request, before or after the store has done it, and another that goes on: once, whole, nothing left. */
import {
  createGcsDestination,
  createGcsSource,
  createS3Destination,
  openTransfer,
  transferParts,
  type BegunUpload,
  type GcsClient,
  type MovedObject,
  type TransferCheckpoint,
  type TransferSpec,
} from '../../src/transfer';
import { LonghaulError } from '../../src/model/errors';
import { makeControl, MIB, openUploads, publish, readObject, sha256 } from '../support/transfer-rig';
import { startTestS3, type TestS3 } from '../support/versitygw';
import { BUCKET, leftovers, putOrigin, startGcsRig, type GcsRig } from './support/gcs-rig';

let rig: GcsRig;
let s3: TestS3;
let body: Buffer;
const SIZE = 11 * MIB + 7;

beforeAll(async () => {
  [rig, s3] = await Promise.all([startGcsRig({ rewriteBytesPerCall: 6 * MIB }), startTestS3()]);
  await s3.bucket('bucket');
  body = await putOrigin(rig.gcs, SIZE);
});
afterAll(async () => {
  await rig.stop();
  await s3.stop();
});

class Crash extends Error {}

interface Death {
  readonly when: 'before' | 'after';
  readonly nth: number;
  happened: boolean;
}

/** Aborts everything at the nth request: before it leaves, or when the store has answered it and nobody hears. */
function mortal(client: GcsClient, death: Death, abort: () => AbortController): GcsClient {
  let requests = 0;
  return {
    async send(request, signal) {
      requests += 1;
      const isLast = requests === death.nth && !death.happened;
      if (isLast && death.when === 'before') die(death, abort());
      signal.throwIfAborted();
      const reply = await client.send(request, signal);
      if (isLast && death.when === 'after') {
        await reply.body.toArray();
        die(death, abort());
      }
      return reply;
    },
    close: () => client.close(),
  };
}

function die(death: Death, controller: AbortController): never {
  death.happened = true;
  controller.abort(new Crash('killed'));
  throw new Crash('killed');
}

/** What the two activities of a record know of each other: what the first one has answered, and the last heartbeat. */
async function runActivities(
  job: TransferSpec,
  onAttempt: (controller: AbortController) => void,
): Promise<MovedObject> {
  const since = new Date();
  let upload: BegunUpload | undefined;
  let moved: MovedObject | undefined;
  let checkpoint: TransferCheckpoint | undefined;
  for (let attempt = 1; attempt < 10; attempt += 1) {
    const earlier = attempt === 1 ? {} : { repeatedSince: since, ...(checkpoint && { checkpoint }) };
    const control = makeControl(earlier);
    onAttempt(control.abort);
    try {
      if (moved === undefined && upload === undefined) {
        const opened = await openTransfer(job, control);
        if (opened.kind === 'begun') upload = opened.upload;
        else moved = opened.object;
      }
      if (upload !== undefined) moved ??= await transferParts(job, upload, control);
      if (moved === undefined) throw new Error('neither moved nor begun');
      if (moved.uploadId === undefined) return moved;
      return { ...moved, ...(await publish(job, moved)) };
    } catch (error) {
      // The record starts again, as its workflow does.
      if (error instanceof LonghaulError && error.code === 'UploadLost') upload = moved = undefined;
      else if (!(error instanceof Crash)) throw error;
    }
    checkpoint = control.seen.at(-1) ?? checkpoint;
  }
  throw new Error('it never ends');
}

const ways = {
  'by parts and a temporary name': { sessionMaxBytes: 0, readBack: true, ifAbsent: false, publish: 'direct' },
  'by parts, created only': { sessionMaxBytes: 0, readBack: true, ifAbsent: true, publish: 'direct' },
  'by parts under its key': { sessionMaxBytes: 0, readBack: false, ifAbsent: false, publish: 'direct' },
  'by a session, created only': { sessionMaxBytes: 64 * MIB, readBack: true, ifAbsent: true, publish: 'direct' },
  'by parts, published apart': { sessionMaxBytes: 0, readBack: true, ifAbsent: true, publish: 'atomic' },
} as const;

describe.each(Object.keys(ways) as (keyof typeof ways)[])('%s', (name) => {
  test.each(['before', 'after'] as const)('killed %s each request', async (when) => {
    const { sessionMaxBytes, ...way } = ways[name];
    let nth = 1;
    for (let wasKilled = true; wasKilled; nth += 1) {
      const death: Death = { when, nth, happened: false };
      let current = new AbortController();
      const client = mortal(rig.client, death, () => current);
      const destination = createGcsDestination({ client, bucket: BUCKET, sessionMaxBytes });
      const job = rig.spec({ destination, ...way, sha256: sha256(body) });
      await expect(runActivities(job, (controller) => (current = controller))).resolves.toMatchObject({ bytes: SIZE });
      wasKilled = death.happened;
      expect(sha256(await rig.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
      expect(job.memory.inUseBytes).toBe(0);
      // A session dies with its process; the store forgets it within a week.
      await rig.gcs.loseSessions();
      expect(leftovers(rig.gcs)).toEqual([]);
    }
    // Each way died at its start and at each of its three writes; parts also at what completes them.
    const deaths = nth - 2;
    expect(deaths).toBeGreaterThanOrEqual(sessionMaxBytes > 0 ? 4 : 6);
  });
});

test('to S3, killed at each read of the source', async () => {
  for (let nth = 1, wasKilled = true; wasKilled; nth += 1) {
    const death: Death = { when: 'after', nth, happened: false };
    let current = new AbortController();
    const client = mortal(rig.client, death, () => current);
    const source = createGcsSource({ client, bucket: 'origin', key: 'object' });
    const destination = createS3Destination({ client: s3.client, bucket: 'bucket' });
    const job = rig.spec({ source, destination, key: `killed/${nth}`, ifAbsent: true });
    const moved = await runActivities(job, (controller) => (current = controller));
    expect(moved).toMatchObject({ bytes: SIZE, verified: 'crc32c' });
    wasKilled = death.happened;
    expect(sha256(await readObject(s3.client, 'bucket', job.key))).toBe(sha256(body));
    expect(await openUploads(s3.client, 'bucket')).toEqual([]);
  }
});
