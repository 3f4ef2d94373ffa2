/** One sync for all who wait: lanes that finish while a sync runs share the next, instead of queueing for one each. */

interface Batch<T> {
  readonly items: T[];
  readonly done: Promise<void>;
}

export class SharedSync<T> {
  private running: Promise<void> = Promise.resolve();
  private next: Batch<T> | undefined;

  /** `sync` gets what has joined since the last one began; never two at once. */
  constructor(private readonly sync: (items: readonly T[]) => Promise<void>) {}

  /** Resolves after a sync that began later than this call; rejects with what it threw. */
  join(item: T): Promise<void> {
    this.next ??= this.begin();
    this.next.items.push(item);
    return this.next.done;
  }

  private begin(): Batch<T> {
    const items: T[] = [];
    const before = this.running;
    const done = before.then(() => {
      // From here on whoever comes waits for the next one.
      this.next = undefined;
      return this.sync(items);
    });
    // The next batch begins whatever became of this one, whose own waiters are told.
    this.running = done.catch(() => undefined);
    return { items, done };
  }
}
