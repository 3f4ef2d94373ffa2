/** Runs the real workflows on the shared Temporal server, with scripted activities, in a namespace of the test's own. */
import {
  type ApplicationFailure,
  type CancelledFailure,
  Client,
  Connection,
  WorkflowFailedError,
  type WorkflowHandleWithStartDetails,
} from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import type { ExportInput } from '../../src/model/export-run';
import type { JobProgress } from '../../src/model/run';
import { createNamespace } from '../../src/dev/temporal-namespace';
import { TASK_QUEUES } from '../../src/model/names';
import type { exportToS3 } from '../../src/workflows';
import { sharedStack, uniqueName } from './shared-stack';
import type { ScriptedWorld } from './scripted-activities';
import { until } from './until';

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

const workflowBundle = (): Promise<WorkflowBundleWithSourceMap> => {
  // Once per test file: bundling takes seconds.
  bundle ??= bundleWorkflowCode({
    workflowsPath: require.resolve('../../src/workflows'),
    logger: new DefaultLogger('ERROR'),
  });
  return bundle;
};

/** A queue of its own beside the usual three. */
export interface ScriptedQueue {
  readonly taskQueue: string;
  readonly activities: object;
}

export type RunHandle = WorkflowHandleWithStartDetails<typeof exportToS3>;

export class ScriptedRuns {
  client: Client;
  namespace = 'default';

  private constructor(
    private readonly address: string,
    private readonly connection: Connection,
    private readonly native: NativeConnection,
  ) {
    this.client = new Client({ connection });
  }

  /** One for each test: a test that hangs must not take the others' tasks. */
  private async renewNamespace(): Promise<void> {
    this.namespace = uniqueName('workflow');
    await createNamespace(this.address, this.namespace);
    this.client = new Client({ connection: this.connection, namespace: this.namespace });
  }

  /** On the shared Temporal server, or on the one at `address`. */
  static async create(address = sharedStack().temporal.address): Promise<ScriptedRuns> {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const connection = await Connection.connect({ address });
    const native = await NativeConnection.connect({ address });
    return new ScriptedRuns(address, connection, native);
  }

  async close(): Promise<void> {
    await this.connection.close();
    await this.native.close();
  }

  /** Runs workers with the world's activities, and of these other queues, while `use` runs. */
  async with<T>(world: ScriptedWorld, use: () => Promise<T>, queues: readonly ScriptedQueue[] = []): Promise<T> {
    await this.renewNamespace();
    world.findHolder = async (lockId) =>
      (await this.client.workflow.getHandle(lockId).describe()).parentExecution?.workflowId ?? null;
    const common = {
      connection: this.native,
      namespace: this.namespace,
      maxHeartbeatThrottleInterval: 100,
      defaultHeartbeatThrottleInterval: 100,
    };
    const workers = await Promise.all([
      Worker.create({ ...common, taskQueue: TASK_QUEUES.workflows, workflowBundle: await workflowBundle() }),
      Worker.create({ ...common, taskQueue: TASK_QUEUES.api, activities: world.api() }),
      Worker.create({
        ...common,
        taskQueue: TASK_QUEUES.transfer,
        workflowBundle: await workflowBundle(),
        activities: world.transfer(),
        maxConcurrentActivityTaskExecutions: world.transferSlots,
      }),
      ...queues.map((queue) => Worker.create({ ...common, ...queue })),
    ]);
    const running = Promise.all(workers.map((worker) => worker.run()));
    try {
      return await use();
    } finally {
      for (const worker of workers) worker.shutdown();
      await running;
    }
  }

  start(input: unknown = { project: 'project_01' }, workflowId = uniqueName('run')): Promise<RunHandle> {
    return this.client.workflow.start<typeof exportToS3>('exportToS3', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId,
      args: [input as ExportInput],
    });
  }
}

export const progressOf = (handle: RunHandle): Promise<JobProgress> => handle.query<JobProgress>('progress');

/** Waits until the run's progress fits, and answers it. */
export const untilProgress = async (
  handle: RunHandle,
  what: string,
  fits: (progress: JobProgress) => boolean,
): Promise<JobProgress> => {
  let last: JobProgress | undefined;
  const probe = async (): Promise<JobProgress | null> => {
    last = await progressOf(handle);
    return fits(last) ? last : null;
  };
  return until(probe, { timeoutMs: 30_000, what }).catch((error: unknown) => {
    throw new Error(`${String(error)} Last progress: ${JSON.stringify(last)}`, { cause: error });
  });
};

/** Something to wait for until the test opens it. */
export const gate = (): { readonly opened: Promise<void>; open: () => void } => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
};

/** What a run has failed by; fails the test where it succeeds. */
export const causeOf = async (handle: RunHandle): Promise<ApplicationFailure | CancelledFailure> => {
  const error: unknown = await handle.result().then(
    () => new Error('the run succeeded'),
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return (error as WorkflowFailedError).cause as ApplicationFailure | CancelledFailure;
};
