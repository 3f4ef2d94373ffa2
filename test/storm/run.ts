/** One run: a scenario in, nothing out; throws Broken where a promise of the design does not hold. */
import { bePatient, settled, useClock } from './clock';
import { judgeFile, restore } from './file-flow';
import { isJustified } from './justified';
import { moveObject, type FlowResult } from './object-flow';
import { PLAIN, type Scenario } from './scenario';
import { Workers } from './workers';
import { hashOf, KEY, TRANSFER_ID, World } from './world';
import { TRANSFER_ID_METADATA } from '../../src/model/names';
import { encodeCrc32 } from '../../src/transfer';

export interface RunReport {
  readonly trace: readonly string[];
  readonly outcome: string;
}

const PATIENCE_MS = 5;

/** Runs once without faults in real time, in which the SDK loads what it loads once: from then on every run is deterministic. */
export async function warmUp(): Promise<void> {
  bePatient(PATIENCE_MS);
  try {
    for (const job of ['object', 'file'] as const) await runScenario({ ...PLAIN, job });
  } finally {
    bePatient(0);
  }
}

export async function runScenario(scenario: Scenario, trace: string[] = []): Promise<RunReport> {
  const world = new World(scenario);
  const restoreTimers = useClock(world.clock);
  const unhandled = (error: unknown): void =>
    world.violated(
      'errors are of the table',
      `nobody handles ${error instanceof Error ? String(error.stack) : String(error)}`,
    );
  process.on('unhandledRejection', unhandled);
  try {
    const workers = new Workers(world);
    const outcome = await (scenario.job === 'file' ? fileRun(world, workers) : objectRun(world, workers));
    world.assertUnbroken();
    return { trace: world.trace, outcome };
  } finally {
    await settled();
    process.off('unhandledRejection', unhandled);
    restoreTimers();
    trace.push(...world.trace);
  }
}

async function fileRun(world: World, workers: Workers): Promise<string> {
  const result = await restore(world, workers);
  await workers.runOut();
  if (result.error !== undefined && !isJustified(result.error.code, world)) unjustified(world, result.error);
  judgeFile(world, result);
  return result.restored?.outcome ?? result.error?.code ?? 'cancelled';
}

async function objectRun(world: World, workers: Workers): Promise<string> {
  const result = await moveObject(world, workers);
  world.log('over');
  if (result.error !== undefined && !isJustified(result.error.code, world)) unjustified(world, result.error);
  judgeObject(world, result);
  // Processes that were taken for dead end too, and must do no harm then.
  world.isHidden = false;
  await workers.runOut();
  judgeLeftOvers(world);
  return result.isPublished ? `published, ${result.moved?.verified}` : (result.error?.code ?? 'taken back');
}

const unjustified = (world: World, error: { code: string; message: string }): void =>
  world.violated('a transfer whose faults have passed succeeds', `${error.code}: ${error.message}`);

function judgeObject(world: World, { moved, isPublished }: FlowResult): void {
  const { store, scenario, source } = world;
  judgeLeftOvers(world);
  const object = store.current(KEY);
  const isOurs = object?.metadata[TRANSFER_ID_METADATA] === TRANSFER_ID;
  if (!isPublished) {
    if (isOurs) world.violated('what failed leaves nothing', 'our object is still there');
    return;
  }
  const success = 'success only if verified';
  if (moved === undefined || object === undefined || !isOurs) {
    world.violated(success, 'there is no object of ours');
    return;
  }
  const crc32 = encodeCrc32(object.crc32);
  if (moved.bytes !== object.body.length || (moved.crc32 !== undefined && moved.crc32 !== crc32)) {
    world.violated(success, `${moved.bytes} B, CRC32 ${moved.crc32} are reported of ${object.body.length} B, ${crc32}`);
  }
  if (scenario.sha256 !== 'none' && hashOf(object.body) !== world.promisedSha256)
    world.violated(success, 'another SHA-256');
  if (scenario.sha256 !== 'none' && moved.verified !== 'sha256')
    world.violated(success, `${moved.verified}, not sha256`);
  if (!world.isWhole(object.body) && moved.verified !== 'unverified') {
    world.violated(success, `cut off, and reported as verified by ${moved.verified}`);
  }
  if (moved.verified === 'unverified' && !source.hasHiddenLength)
    world.violated(success, 'unverified without a reason');
}

function judgeLeftOvers(world: World): void {
  const orphans = world.orphans();
  if (orphans.length > 0) world.violated('no orphan uploads', orphans.join(', '));
  world.assertForeignUntouched();
  world.assertUnbroken();
}
