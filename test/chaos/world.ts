/** The servers, proxies and rigs of a chaos run, and the environment that its workers share. */
import { ingestWorkerEnv } from '../../src/dev/sample-ingest';
import { startStack, type Stack } from '../../src/dev/stack';
import { Teardown } from '../../src/dev/teardown';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy';
import { IngestRig } from '../support/ingest-rig';
import { LoadRig } from '../support/load-rig';
import { HOST_ENV, RestoreWorld } from '../support/restore-world';
import { RunHarness } from '../support/run-harness';
import { Targets } from './targets';
import { letItStorm, type Weather } from './weather';

/** Slow enough that a file is under way for some seconds: what is struck must have been doing something. */
const ANSWER_BYTES_PER_SEC = 700_000;
export const STALL_TIMEOUT_SEC = 3;
/** With the client's backoff, longer than any outage. */
const S3_ATTEMPTS = 12;

export interface World {
  readonly stack: Stack;
  readonly harness: RunHarness;
  readonly targets: Targets;
  /** Between workers and the S3 server. */
  readonly store: FaultProxy;
  readonly ingest: IngestRig;
  readonly restore: RestoreWorld;
  /** None where no Postgres can be started. */
  readonly load: LoadRig | undefined;
  /** A proxy in front of a source, with the same weather. */
  source(name: string, port: number): Promise<FaultProxy>;
  /** Nothing goes wrong any more. */
  heal(): void;
  stop(): Promise<void>;
}

export interface WorldOptions extends Omit<Weather, 'counts'> {
  readonly workers: number;
  readonly counts: Weather['counts'];
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const teardown = new Teardown();
  const proxies: FaultProxy[] = [];
  const proxyTo = async (name: string, target: URL): Promise<FaultProxy> => {
    const proxy = await startFaultProxy(target, { answerBytesPerSec: ANSWER_BYTES_PER_SEC });
    teardown.add(() => proxy.close());
    letItStorm(proxy, name, options);
    proxies.push(proxy);
    return proxy;
  };
  try {
    const stack = await teardown.keep(startStack({ sampleData: false }));
    const harness = await teardown.keep(
      RunHarness.start({ servers: stack.describe(), worker: false, s3Attempts: S3_ATTEMPTS }),
    );
    const store = await proxyTo('store', new URL(stack.s3.endpoint));
    const ingestEnv = {
      ...ingestWorkerEnv({ ...stack.s3, endpoint: store.endpoint }),
      S3_PART_MB: '5',
      LONGHAUL_INGEST_STALL_TIMEOUT_SEC: String(STALL_TIMEOUT_SEC),
    };
    const ingest = await IngestRig.on(harness, ingestEnv);
    teardown.add(() => ingest.host.close());
    const restore = await RestoreWorld.on(harness, {
      s3: { endpoint: store.endpoint },
      stall_timeout_sec: STALL_TIMEOUT_SEC,
    });
    teardown.add(() => restore.removeFolder());
    const load = await LoadRig.start({ harness, worker: false, endpoint: store.endpoint }).catch((error: unknown) => {
      options.say(`No loads: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    if (load !== undefined) teardown.add(() => load.stop());
    const env = { ...ingestEnv, ...HOST_ENV, ...load?.env };
    const startWorker = (): ReturnType<RunHarness['startWorker']> => harness.startWorker({ env });
    const targets = new Targets({ stack, workers: options.workers, startWorker, say: options.say });
    teardown.add(() => targets.stop());
    await targets.start();
    return {
      ...{ stack, harness, targets, store, ingest, restore, load },
      source: (name, port) => proxyTo(name, new URL(`http://127.0.0.1:${port}`)),
      heal: () => {
        for (const proxy of proxies) proxy.heal();
      },
      stop: () => teardown.run(),
    };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
