/** A record as its workflow moves it: opened, moved in parts, published, and taken back where anything fails. */
import type { LonghaulError } from '../../src/model/errors';
import {
  abortUpload,
  deleteIfOurs,
  openTransfer,
  publishUpload,
  transferParts,
  type MovedObject,
  type OpenResult,
} from '../../src/transfer';
import { destinationOf, specOf } from './engine';
import { KEY, TRANSFER_ID, type World } from './world';
import { Cancelled, Failed, type Workers } from './workers';

/** As the record's workflow: an upload that is taken away again and again has an enemy. */
const MAX_STARTS = 3;
const SETTLE_MS = 50;

const PUBLISHING = {
  name: 'publish',
  isForwardOnly: true,
  finalCodes: ['DestinationExists', 'UploadLost'],
  mayLinger: true,
} as const;

export interface FlowResult {
  readonly moved?: MovedObject;
  /** Published, or stored directly. */
  readonly isPublished: boolean;
  readonly error?: LonghaulError;
}

export async function moveObject(world: World, workers: Workers): Promise<FlowResult> {
  const { publish, ifAbsent, isTakenBack } = world.scenario;
  const since = new Date(world.clock.nowMs);
  // What history knows when it has to be taken back.
  let uploadId: string | undefined;
  world.isHidden = publish === 'atomic';
  try {
    const moved = await move(world, workers, (id) => (uploadId = id));
    ({ uploadId } = moved);
    if (isTakenBack) {
      await takeBack(world, workers, uploadId, since, moved);
      return { moved, isPublished: false };
    }
    if (uploadId === undefined) return { moved, isPublished: true };
    world.isHidden = false;
    const published = await workers.activity(PUBLISHING, ({ control }) =>
      publishUpload({
        ...moved,
        destination: destinationOf(world),
        key: KEY,
        transferId: TRANSFER_ID,
        uploadId: uploadId!,
        ...(ifAbsent ? { ifAbsent } : {}),
        signal: control.signal,
      }),
    );
    return { moved: { ...moved, ...published }, isPublished: true };
  } catch (error) {
    if (!(error instanceof Failed || error instanceof Cancelled)) throw error;
    await takeBack(world, workers, uploadId, since, undefined);
    return { isPublished: false, ...(error instanceof Failed ? { error: error.error } : {}) };
  }
}

async function move(
  world: World,
  workers: Workers,
  knows: (uploadId: string | undefined) => void,
): Promise<MovedObject> {
  for (let start = 1; ; start += 1) {
    knows(undefined);
    const opened = await workers.activity<OpenResult>({ name: 'open', canBeCancelled: true }, (attempt) =>
      openTransfer(specOf(world, attempt), attempt.control),
    );
    if (opened.kind === 'moved') return throughHistory(world, opened.object);
    const upload = throughHistory(world, opened.upload);
    knows(upload.uploadId);
    try {
      const options = { name: 'parts', canBeCancelled: true, mayLinger: true };
      const moved = await workers.activity(options, (attempt) =>
        transferParts(specOf(world, attempt), upload, attempt.control),
      );
      return throughHistory(world, moved);
    } catch (error) {
      if (!(error instanceof Failed) || error.error.code !== 'UploadLost' || start === MAX_STARTS) throw error;
    }
  }
}

/** What an activity returns is JSON in the workflow's history. */
function throughHistory<T>(world: World, value: T): T {
  const text = JSON.stringify(value);
  if (text.includes('SECRET')) world.violated('no secret in checkpoint, history or log', `history holds one: ${text}`);
  return JSON.parse(text) as T;
}

/** As `TakeBack.unfinished` and `TakeBack.staged` of the activities. */
async function takeBack(
  world: World,
  workers: Workers,
  known: string | undefined,
  since: Date,
  moved: MovedObject | undefined,
): Promise<void> {
  // Temporal takes longer to start it than a request that was given up takes to arrive.
  await workers.pass(SETTLE_MS);
  const { publish } = world.scenario;
  await workers.activity({ name: 'take back', isForwardOnly: true }, async ({ control: { signal } }) => {
    const destination = destinationOf(world);
    const isStored = moved !== undefined && moved.uploadId === undefined;
    const found = known === undefined && !isStored ? await destination.findUploads(KEY, since, signal) : [];
    const ids = known === undefined ? found.map(({ uploadId }) => uploadId) : [known];
    for (const uploadId of ids) await abortUpload({ destination, key: KEY, uploadId, signal });
    if (publish === 'atomic') return;
    const { versionId } = moved ?? {};
    const object = { destination, key: KEY, transferId: TRANSFER_ID, signal };
    await deleteIfOurs(versionId === undefined ? object : { ...object, versionId });
  });
}
