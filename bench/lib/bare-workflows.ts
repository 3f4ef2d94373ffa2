/** The least that a fan-out can be: children that run one activity which does nothing. Sets the limit of the server. */
import { executeChild, proxyActivities } from '@temporalio/workflow';

export interface BareInput {
  readonly children: number;
  readonly window: number;
  readonly taskQueue: string;
}

/** The same kind of activity as a transfer: on another queue, with heartbeats. */
export async function bareChild(taskQueue: string): Promise<void> {
  const { noop } = proxyActivities<{ noop(): Promise<void> }>({
    taskQueue,
    startToCloseTimeout: '1 minute',
    heartbeatTimeout: '10 seconds',
  });
  await noop();
}

/** Runs `children` of them, `window` at a time; answers the seconds that it took. */
export async function bareFanout({ children, window, taskQueue }: BareInput): Promise<number> {
  const startedMs = Date.now();
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < children) {
      started += 1;
      await executeChild(bareChild, { args: [taskQueue] });
    }
  };
  await Promise.all(Array.from({ length: window }, lane));
  return (Date.now() - startedMs) / 1000;
}
