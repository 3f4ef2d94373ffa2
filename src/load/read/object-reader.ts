/**
 * Reads one version of an object from its beginning, through lost connections, into buffers that are already there. By ranges
 * that are taken at once, the next one while the last is used: a body that nobody reads for a while would hold its connection,
 * and undici 7 ends the process where the server then closes it (assert(!this.paused) in Parser.finish).
 */
import { LonghaulError } from '../../model/errors';
import { retry, type RetryPolicy, type Source, type SourceVersion } from '../../transfer';
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
}

/** No byte for this long: the connection is given up and the rest asked for again. */
export const STALL_TIMEOUT_MS = 60_000;
/** Two of them are in memory: one is used while the other comes. */
const RANGE_BYTES = 4 * 1024 * 1024;

interface Piece {
  readonly bytes: Promise<Buffer>;
  readonly cancel: AbortController;
}

export class ObjectReader {
  /** Bytes of the object that were handed out. */
  position = 0;
  private current: Buffer = Buffer.alloc(0);
  private used = 0;
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

  close(): void {
    this.coming?.cancel.abort();
    this.coming = undefined;
    this.current = Buffer.alloc(0);
    this.used = 0;
    this.asked = this.position;
  }

  private async advance(): Promise<void> {
    this.coming ??= this.ask();
    const { bytes } = this.coming;
    this.coming = undefined;
    this.current = await bytes;
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
    const bytes = this.read({ offsetBytes, lengthBytes }, either);
    // Whoever waits for it hears of it; where nobody does any more, it must not end the process.
    bytes.catch(() => undefined);
    return { bytes, cancel };
  }

  private async read(range: { offsetBytes: number; lengthBytes: number }, signal: AbortSignal): Promise<Buffer> {
    const { source, version, stallTimeoutMs = STALL_TIMEOUT_MS } = this.object;
    const isWhole = range.lengthBytes === version.sizeBytes;
    const target = Buffer.allocUnsafeSlow(range.lengthBytes);
    await retry({ signal, policy: this.object.retry }, async () => {
      const reply = await source.open(isWhole ? undefined : range, version, signal);
      const body = new BodyReader(reply.body, { display: source.display, signal, stallTimeoutMs });
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
