/** The worker of the bare fan-out: a process of its own, with the options of src/worker.ts and nothing to do. */
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';

async function main([address = '', namespace = '', queue = '', activityQueue = '']: readonly string[]): Promise<void> {
  const connection = await NativeConnection.connect({ address });
  const common = {
    connection,
    namespace,
    maxHeartbeatThrottleInterval: '1 second',
    defaultHeartbeatThrottleInterval: '1 second',
  } satisfies Partial<WorkerOptions>;
  const workers = await Promise.all([
    Worker.create({
      ...common,
      taskQueue: queue,
      workflowsPath: require.resolve('./bare-workflows'),
      maxCachedWorkflows: 1_000,
      reuseV8Context: true,
    }),
    Worker.create({
      ...common,
      taskQueue: activityQueue,
      activities: { noop: () => Promise.resolve() },
      maxConcurrentActivityTaskExecutions: 32,
    }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  process.stdout.write('bare_worker_ready\n');
  await running;
  await connection.close();
}

void main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
