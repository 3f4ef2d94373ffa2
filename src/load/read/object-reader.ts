/**
 * Reads one version of an object from its beginning, through lost connections, into buffers that are already there. By ranges
 * that are taken at once, the next one while the last is used: a body that nobody reads for a while would hold its connection,
 * and undici 7 ends the process where the server then closes it (assert(!this.paused) in Parser.finish).
 */
import { LonghaulError } from '../../model/errors';
import {
  MemoryBudget,
  retry,
  type ByteLimit,
  type Lease,
  type RetryPolicy,
  type Source,
  type SourceVersion,
} from '../../transfer';
import { BodyReader } from '../../transfer/body-reader';

/** Fills the buffer; answers fewer bytes than its length only at the end. */
export type Fill = (target: Buffer) => Promise<number>;

export interface ObjectToRead {
  readonly source: Source;
  /** What was listed: another version throws SourceChanged. */
  readonly version: SourceVersion & { readonly sizeBytes: number };
  readonly signal: AbortSignal;
  readonly retry?: RetryPolicy | undefined;
  readonly stallTimeoutMs?: number | undefined;
  readonly limiter?: ByteLimit | undefined;
}

/** No byte for this long: the connection is given up and the rest asked for again. */
export const STALL_TIMEOUT_MS = 60_000;
/** Two of them are in memory: one is used while the other comes. */
const RANGE_BYTES = 4 * 1024 * 1024;
/**
 * Buffers that are used again, by all readers of the process: to allocate one for each range costs page faults, and makes the
 * garbage collector run for every few of them. Where all are lent out, a reader allocates its own.
 */
const BUFFERS = new MemoryBudget(16 * RANGE_BYTES);

interface Piece {
  readonly bytes: Promise<Buffer>;
  readonly lease: Lease | undefined;
  readonly cancel: AbortController;
}

const NOTHING = Buffer.alloc(0);

export class ObjectReader {
  /** Bytes of the object that were handed out. */
  position = 0;
  private current: Buffer = NOTHING;
  private lease: Lease | undefined;
  private used = 0;
  private isClosed = false;
  /** Offset of the piece that is asked for next. */
  private asked = 0;
  private coming: Piece | undefined;

  constructor(private readonly object: ObjectToRead) {}

  /** Throws Source… errors or the signal's reason. */
  readonly fill: Fill = async (target) => {
    let filled = 0;
    while (filled < target.length && this.position < this.object.version.sizeBytes) {
      if (this.used === this.current.length) await this.advance();
      const copied = this.current.copy(target, filled, this.used);
      filled += copied;
      this.used += copied;
      this.position += copied;
    }
    return filled;
  };

  /** Lets go of buffers and connection; nothing can be read after it. */
  close(): void {
    const { coming } = this;
    this.isClosed = true;
    coming?.cancel.abort();
    // A request that was cut off may still write into its buffer.
    coming?.bytes.then(
      () => coming.lease?.release(),
      () => coming.lease?.discard(),
    );
    this.coming = undefined;
    this.lease?.release();
    this.lease = undefined;
    this.current = NOTHING;
    this.used = 0;
  }

  private async advance(): Promise<void> {
    this.coming ??= this.ask();
    const { bytes, lease } = this.coming;
    const next = await bytes;
    if (this.isClosed) throw new LonghaulError('Internal', `${this.object.source.display} is read after its end`);
    this.current = next;
    this.coming = undefined;
    this.lease?.release();
    this.lease = lease;
    this.used = 0;
    if (this.asked < this.object.version.sizeBytes) this.coming = this.ask();
  }

  private ask(): Piece {
    const { version, signal } = this.object;
    const offsetBytes = this.asked;
    const lengthBytes = Math.min(RANGE_BYTES, version.sizeBytes - offsetBytes);
    this.asked += lengthBytes;
    const cancel = new AbortController();
    const either = AbortSignal.any([signal, cancel.signal]);
    const lease = lengthBytes === RANGE_BYTES ? BUFFERS.tryAcquire(RANGE_BYTES) : undefined;
    const target = lease?.buffer ?? Buffer.allocUnsafeSlow(lengthBytes);
    const bytes = this.read({ offsetBytes, lengthBytes }, target, either);
    // Whoever waits for it hears of it; where nobody does any more, it must not end the process.
    bytes.catch(() => undefined);
    return { bytes, lease, cancel };
  }

  private async read(
    range: { offsetBytes: number; lengthBytes: number },
    target: Buffer,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const { source, version, stallTimeoutMs = STALL_TIMEOUT_MS, limiter } = this.object;
    const isWhole = range.lengthBytes === version.sizeBytes;
    await retry({ signal, policy: this.object.retry }, async () => {
      const reply = await source.open(isWhole ? undefined : range, version, signal);
      const body = new BodyReader(reply.body, { display: source.display, signal, stallTimeoutMs, limiter });
      try {
        const filled = await body.fill(target);
        if (filled < target.length) throw this.cutOff(range.offsetBytes + filled);
      } finally {
        body.close();
      }
    });
    return target;
  }

  private cutOff(bytes: number): LonghaulError {
    const { display } = this.object.source;
    return new LonghaulError('SourceTruncated', `${display} ended after ${bytes} bytes`, { source: display });
  }
}

/** The version that a listing named. */
export const listedVersion = (file: { etag: string; sizeBytes: number }): ObjectToRead['version'] => ({
  sizeBytes: file.sizeBytes,
  ...(file.etag === '' ? {} : { etag: file.etag }),
});
