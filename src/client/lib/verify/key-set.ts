/** Which keys were seen, in eight bytes each: five million of them take 40 MB, whatever their length. */
import { createHash } from 'node:crypto';

/** Two different keys of one hash are taken for one: with five million keys, once in a million sets. */
const hashOf = (key: string): bigint => createHash('sha1').update(key).digest().readBigUInt64LE();

export class KeySet {
  #hashes = new BigUint64Array(1_024);
  #count = 0;
  #isSorted = true;

  add(key: string): void {
    if (this.#count === this.#hashes.length) {
      const larger = new BigUint64Array(this.#count * 2);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes[this.#count] = hashOf(key);
    this.#count += 1;
    this.#isSorted = false;
  }

  has(key: string): boolean {
    if (!this.#isSorted) this.#hashes.subarray(0, this.#count).sort();
    this.#isSorted = true;
    const wanted = hashOf(key);
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hashes[middle] ?? 0n) < wanted) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && this.#hashes[low] === wanted;
  }
}
