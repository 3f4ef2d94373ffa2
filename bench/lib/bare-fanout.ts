/** Measures the limit of the Temporal server: children per second that run one activity which does nothing. */
import * as path from 'node:path';
import { childEnv } from '../../src/config/environment';
import { startProcess } from '../../src/dev/process';
import { waitUntilReady } from '../../src/dev/wait';
import type { Rig } from './rig';
import { cpuSeconds } from './usage';

const QUEUE = 'bench-bare';
const ACTIVITY_QUEUE = 'bench-bare-activities';
const READY_TIMEOUT_MS = 90_000;

export interface BareFanout {
  readonly childrenPerSec: number;
  readonly serverCpuMsPerChild: number;
  readonly workerCpuMsPerChild: number;
}

/** On the servers of the rig, which should have nothing else to do. */
export async function bareFanout(rig: Rig, name: string, children: number, window: number): Promise<BareFanout> {
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
    const serverBefore = cpuSeconds(temporal.pid);
    const workerBefore = cpuSeconds(worker.pid);
    const seconds = await rig.client.workflow.execute<(input: object) => Promise<number>>('bareFanout', {
      taskQueue: QUEUE,
      workflowId: name,
      args: [{ children, window, taskQueue: ACTIVITY_QUEUE }],
    });
    return {
      childrenPerSec: children / seconds,
      serverCpuMsPerChild: ((cpuSeconds(temporal.pid) - serverBefore) / children) * 1000,
      workerCpuMsPerChild: ((cpuSeconds(worker.pid) - workerBefore) / children) * 1000,
    };
  } finally {
    await worker.stop();
  }
}
