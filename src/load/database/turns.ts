/** So many at once, first come, first served. Waiting has no time limit: it is work of our own that is waited for, not a server. */
import { asError } from '../../transfer/lib/abort';

export class Turns {
  private readonly queue: (() => void)[] = [];

  constructor(private free: number) {}

  /** Waits for a turn; whoever has it must give it back. Throws the signal's reason when it aborts first. */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.free > 0) {
      this.free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const grant = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.queue.splice(this.queue.indexOf(grant), 1);
        reject(asError(signal.reason));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.queue.push(grant);
    });
  }

  giveBack(): void {
    const next = this.queue.shift();
    if (next === undefined) this.free += 1;
    else next();
  }
}
