/** Measures the limit of the Temporal server for events: workflows per second that are started one by one, with one activity that does nothing. */
import * as path from 'node:path';
import { childEnv } from '../../src/config/environment';
import { startProcess } from '../../src/dev/process';
import { until, waitUntilReady } from '../../src/dev/wait';
import type { Rig } from './rig';

const QUEUE = 'bench-bare';
const ACTIVITY_QUEUE = 'bench-bare-activities';
const READY_TIMEOUT_MS = 90_000;
const END_TIMEOUT_MS = 300_000;
/** Starts at once; more make it no faster. */
const LANES = 16;

/** On the servers of the rig, which should have nothing else to do. */
export async function bareStartsPerSec(rig: Rig, name: string, workflows: number): Promise<number> {
  const { temporal, logDir } = rig.stack;
  const worker = await startProcess({
    name,
    command: process.execPath,
    args: [path.join(__dirname, 'bare-worker.js'), temporal.address, temporal.namespace, QUEUE, ACTIVITY_QUEUE],
    env: childEnv(),
    logFile: path.join(logDir, `${name}.log`),
  });
  try {
    await waitUntilReady(worker, () => worker.output().includes('bare_worker_ready'), READY_TIMEOUT_MS);
    const start = (n: number): Promise<unknown> =>
      rig.client.workflow.start('bareChild', { taskQueue: QUEUE, workflowId: `${name}-${n}`, args: [ACTIVITY_QUEUE] });
    await start(0).then(() => rig.client.workflow.getHandle(`${name}-0`).result()); // the bundle is loaded now
    const startedMs = performance.now();
    let next = 1;
    const lane = async (): Promise<void> => {
      while (next <= workflows) {
        next += 1;
        await start(next - 1);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    // Nobody waits for each of them, as nobody does for an event: counting costs the server next to nothing.
    const query = 'WorkflowType = "bareChild" AND ExecutionStatus = "Completed"';
    const isDone = async (): Promise<boolean> => (await rig.client.workflow.count(query)).count > workflows;
    await until(isDone, { what: 'the bare workflows', timeoutMs: END_TIMEOUT_MS, intervalMs: 100 });
    return workflows / ((performance.now() - startedMs) / 1000);
  } finally {
    await worker.stop();
  }
}
