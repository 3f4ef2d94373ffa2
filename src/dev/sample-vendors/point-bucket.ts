/** A bucket of points that each query takes from and that fills with time. */

const MAXIMUM = 2_000;
const RESTORED_A_SECOND = 100;

export class PointBucket {
  #available = MAXIMUM;
  #atMs = Date.now();

  /** False where the bucket does not hold so many: nothing is taken then. */
  take(points: number): boolean {
    if (this.#now() < points) return false;
    this.#available -= points;
    return true;
  }

  /** As a burst of other clients of the app would leave it. Negative: they have a debt. */
  set(available: number): void {
    this.#available = available;
    this.#atMs = Date.now();
  }

  status(): { maximumAvailable: number; currentlyAvailable: number; restoreRate: number } {
    return { maximumAvailable: MAXIMUM, currentlyAvailable: Math.floor(this.#now()), restoreRate: RESTORED_A_SECOND };
  }

  #now(): number {
    const now = Date.now();
    this.#available = Math.min(MAXIMUM, this.#available + ((now - this.#atMs) / 1000) * RESTORED_A_SECOND);
    this.#atMs = now;
    return this.#available;
  }
}
