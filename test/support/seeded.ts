/** Random choices that a seed repeats. */
import { crc32 } from 'node:zlib';

export class Seeded {
  #state: number;

  /** Equal names of one seed give equal sequences; sequences of different names have nothing to do with each other. */
  constructor(
    readonly seed: number,
    name: string,
  ) {
    this.#state = crc32(`${seed} ${name}`);
  }

  /** 0 ≤ n < 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** 1 to `to`, every order of magnitude as likely as another. */
  magnitude(to: number): number {
    return Math.floor(Math.exp(this.next() * Math.log(to)));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new Error('There is nothing to pick from.');
    return item;
  }
}
