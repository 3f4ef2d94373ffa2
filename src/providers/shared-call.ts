/** One call for many callers: it runs once, each may leave alone, and it is aborted when all have left. */
import { setMaxListeners } from 'node:events';

export class SharedCall<T> {
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  #waiting = 0;
  /** True once the call has ended, well or not: a caller that comes now wants a newer answer. */
  settled = false;

  constructor(run: (signal: AbortSignal) => Promise<T>) {
    this.#result = run(this.#controller.signal).finally(() => (this.settled = true));
    // Each caller sees the failure; without callers left nobody has to.
    this.#result.catch(() => undefined);
  }

  /** True once all callers have left: a late one must start a call of its own. */
  get abandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  async join(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    // Lanes of one transfer share a signal: more than Node's ten listeners on it are meant.
    setMaxListeners(0, signal);
    this.#waiting += 1;
    let leave = (): void => undefined;
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => reject(signal.reason as Error);
      signal.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([this.#result, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#controller.abort(new Error('Nobody waits for this call any more'));
    }
  }
}
