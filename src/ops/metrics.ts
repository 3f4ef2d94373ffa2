/** What this process has moved, for /metrics and the benchmarks. */

export interface MetricsSnapshot {
  /** Bytes sent to destinations, those sent again included. */
  readonly bytesTotal: number;
  /** Of these, bytes sent more than once. */
  readonly resentBytesTotal: number;
  readonly partsTotal: number;
  readonly retriesTotal: number;
  readonly transfersTotal: number;
  readonly failedTransfersTotal: number;
  readonly transfersInFlight: number;
  /** Of the transfers of several parts that are under way. */
  readonly lanes: number;
  /** Integral of transfers in flight over time, in slot-seconds: its growth divided by the time is the mean of busy slots. */
  readonly busySlotSeconds: number;
}

/** Name, kind and help text, in the order in which they are exposed. */
const EXPOSED: Record<keyof MetricsSnapshot, readonly [name: string, kind: 'counter' | 'gauge', help: string]> = {
  bytesTotal: ['bytes_total', 'counter', 'Bytes sent to destinations, those sent again included.'],
  resentBytesTotal: ['resent_bytes_total', 'counter', 'Bytes sent to destinations more than once.'],
  partsTotal: ['parts_total', 'counter', 'Parts acknowledged by destinations.'],
  retriesTotal: ['retries_total', 'counter', 'Requests of the engine that were tried again.'],
  transfersTotal: ['transfers_total', 'counter', 'Transfer activities that have ended.'],
  failedTransfersTotal: ['failed_transfers_total', 'counter', 'Transfer activities that have ended in an error.'],
  transfersInFlight: ['transfers_in_flight', 'gauge', 'Transfer activities that are running.'],
  lanes: ['lanes', 'gauge', 'Lanes of the transfers of several parts that are running.'],
  busySlotSeconds: ['busy_slot_seconds_total', 'counter', 'Time spent in transfer activities, summed over all slots.'],
};

export class TransferMetrics {
  #bytes = 0;
  #resentBytes = 0;
  #parts = 0;
  #retries = 0;
  #ended = 0;
  #failed = 0;
  #inFlight = 0;
  #lanes = 0;
  #busySlotMs = 0;
  #changedAtMs: number;

  /** `nowMs`: a clock that never goes back. */
  constructor(private readonly nowMs: () => number = () => performance.now()) {
    this.#changedAtMs = nowMs();
  }

  addBytes(bytes: number, resentBytes = 0): void {
    this.#bytes += bytes;
    this.#resentBytes += resentBytes;
  }

  addParts(count = 1): void {
    this.#parts += count;
  }

  addRetries(count = 1): void {
    this.#retries += count;
  }

  /** Counts a transfer as running until the returned function is called; calling that twice counts once. */
  transferStarted(): (outcome?: 'done' | 'failed') => void {
    this.#advance();
    this.#inFlight += 1;
    let running = true;
    return (outcome = 'done') => {
      if (!running) return;
      running = false;
      this.#advance();
      this.#inFlight -= 1;
      this.#ended += 1;
      if (outcome === 'failed') this.#failed += 1;
    };
  }

  /** For one transfer: what it answers is told of each number of lanes, of 0 at last. */
  lanesOfTransfer(): (lanes: number) => void {
    let before = 0;
    return (lanes) => {
      this.#lanes += lanes - before;
      before = lanes;
    };
  }

  snapshot(): MetricsSnapshot {
    this.#advance();
    return {
      bytesTotal: this.#bytes,
      resentBytesTotal: this.#resentBytes,
      partsTotal: this.#parts,
      retriesTotal: this.#retries,
      transfersTotal: this.#ended,
      failedTransfersTotal: this.#failed,
      transfersInFlight: this.#inFlight,
      lanes: this.#lanes,
      busySlotSeconds: this.#busySlotMs / 1000,
    };
  }

  /** Prometheus text exposition format 0.0.4. */
  prometheus(): string {
    const values = this.snapshot();
    const lines = (Object.keys(EXPOSED) as (keyof MetricsSnapshot)[]).flatMap((key) => {
      const [name, kind, help] = EXPOSED[key];
      const full = `longhaul_transfer_${name}`;
      return [`# HELP ${full} ${help}`, `# TYPE ${full} ${kind}`, `${full} ${values[key]}`];
    });
    return `${lines.join('\n')}\n`;
  }

  #advance(): void {
    const nowMs = this.nowMs();
    this.#busySlotMs += this.#inFlight * (nowMs - this.#changedAtMs);
    this.#changedAtMs = nowMs;
  }
}

/** The process's own: counters are of a process, whichever activity adds to them. */
export const transferMetrics = new TransferMetrics();
