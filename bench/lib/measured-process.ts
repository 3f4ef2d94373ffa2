/** A process that is told by one line of JSON what to do, and whose lines "ready" and "done" bound the work to be measured. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { watchUsage, type Usage } from './usage';

export type Measured = Usage & { readonly seconds: number };

/** Throws where the process ends before it says "done". */
export async function measureProcess(
  command: string,
  args: readonly string[],
  job: object,
  env: NodeJS.ProcessEnv,
): Promise<Measured> {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const expectLine = async (wanted: string): Promise<void> => {
    const line = await lines.next();
    if (line.value !== wanted) {
      throw new Error(`${path.basename(args[0] ?? command)} ended before it said "${wanted}"`);
    }
  };
  try {
    child.stdin.write(`${JSON.stringify(job)}\n`);
    await expectLine('ready');
    const watched = watchUsage(child.pid ?? 0);
    const startedMs = performance.now();
    child.stdin.write('go\n');
    await expectLine('done');
    const seconds = (performance.now() - startedMs) / 1000;
    return { ...watched.stop(), seconds };
  } finally {
    child.stdin.end();
    await ended;
  }
}
