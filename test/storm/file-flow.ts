/** A file as its workflow restores it. */
import type { LonghaulError } from '../../src/model/errors';
import { DEFAULT_RETRY, restoreFile, type HashPool, type RestoredFile } from '../../src/transfer';
import { ROOT } from './disk';
import { sourceOf } from './engine';
import { FILE, KEY, TARGET, TRANSFER_ID, type World } from './world';
import { Cancelled, Failed, type Workers } from './workers';

const STALL_TIMEOUT_MS = 20_000;

/** Files of this size are hashed without a thread. */
const NO_POOL: HashPool = {
  threads: 0,
  digests: () => Promise.reject(new Error('The storm has no files for hash threads')),
  close: () => Promise.resolve(),
};

export interface FileResult {
  readonly restored?: RestoredFile;
  readonly error?: LonghaulError;
}

export async function restore(world: World, workers: Workers): Promise<FileResult> {
  const { partSizeBytes, lanes, sizeBytes } = world.scenario;
  const recorded = world.sourceStore.current(KEY)!;
  try {
    const options = { name: 'restore', canBeCancelled: true, mayLinger: true };
    const restored = await workers.activity(options, async ({ control, memory, onRetry }) => {
      const done = await restoreFile(
        {
          source: sourceOf(world),
          root: ROOT,
          relativePath: FILE,
          expected: { bytes: sizeBytes, etag: recorded.etag },
          chunkBytes: partSizeBytes,
          pool: NO_POOL,
          transferId: TRANSFER_ID,
          partSizeBytes,
          lanes,
          memory,
          stallTimeoutMs: STALL_TIMEOUT_MS,
          retry: DEFAULT_RETRY,
          onRetry,
        },
        control,
      );
      assertFewWrites(world);
      return done;
    });
    return { restored };
  } catch (error) {
    if (!(error instanceof Failed || error instanceof Cancelled)) throw error;
    return error instanceof Failed ? { error: error.error } : {};
  }
}

/** After a kill only what had not arrived is written; where nothing else went wrong, which costs more. */
function assertFewWrites(world: World): void {
  const { arrivedBytes, writtenSinceCrash, faultsFired, scenario } = world;
  if (arrivedBytes === 0 || faultsFired > 0 || writtenSinceCrash <= scenario.sizeBytes - arrivedBytes) return;
  world.violated(
    'bytes sent again after a kill are at most the parts in flight',
    `${writtenSinceCrash} B were written where ${arrivedBytes} of ${scenario.sizeBytes} B were on the disk`,
  );
}

/** What the disk must hold when all is over: also after a power failure a moment later. */
export function judgeFile(world: World, { restored, error }: FileResult): void {
  const content = world.contents[0]!;
  if (restored === undefined) {
    const isOver = error !== undefined && !LEAVES_PARTIAL.has(error.code);
    if (isOver && world.disk.list().some((path) => path !== TARGET)) {
      world.violated('no left-overs after a failure', `${error.code} left ${world.disk.list().join(', ')}`);
    }
    return;
  }
  if (world.scenario.crashes.every(({ kind }) => kind !== 'zombie')) {
    const others = world.disk.list().filter((path) => path !== TARGET);
    if (others.length > 0) world.violated('no left-overs after a success', others.join(', '));
  }
  world.disk.powerFailure();
  if (world.disk.read(TARGET)?.equals(content) === true && restored.bytes === content.length) return;
  world.violated('success only if verified', 'the restored file is not what is recorded, or not on the disk');
}

/** What can be got over later goes on from the partial. */
const LEAVES_PARTIAL: ReadonlySet<string> = new Set([
  'DiskFull',
  'CredentialsExpired',
  'ClockSkewed',
  'SourceProtocol',
  'SourceForbidden',
]);
