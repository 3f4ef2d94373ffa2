/**
 * A window over a stream that always begins at a row: what of the last block was not a whole row is carried to the front of
 * the next one. The next block is read while this one is worked on. Blocks have a fixed size whatever the network's own
 * portions are, so that every attempt at a file cuts it in the same places.
 */
import { LonghaulError } from '../../model/errors';
import { LF } from '../csv/dialect';
import type { Fill } from './object-reader';

/** Longer ones are an unclosed quote rather than a row; memory stays bounded by it. */
const MAX_ROW_BYTES = 64 * 1024 * 1024;

export class Window {
  buffer: Buffer;
  start = 0;
  end = 0;
  /** Nothing comes after `end`. */
  isLast = false;
  private spare: Buffer;
  private readonly reserve: number;
  private pending: Promise<number> | undefined;

  constructor(
    private readonly fill: Fill,
    private readonly blockBytes: number,
    private readonly display: string,
  ) {
    this.reserve = blockBytes >> 2;
    this.buffer = Buffer.alloc(0);
    this.spare = Buffer.allocUnsafeSlow(this.reserve + blockBytes);
    this.read();
  }

  /** Moves on; what of the window lies from `start` on is kept. Call it until `isLast`. */
  async advance(): Promise<void> {
    const filled = (await this.pending) ?? 0;
    const rest = this.buffer.subarray(this.start, this.end);
    if (rest.length > MAX_ROW_BYTES) {
      throw new LonghaulError(
        'FileMalformed',
        `${this.display} has a row of more than ${MAX_ROW_BYTES} bytes; is a quote not closed?`,
        { source: this.display },
      );
    }
    const next = this.spare;
    const from = this.reserve - rest.length;
    const isFree = this.buffer.length === next.length;
    this.spare = isFree ? this.buffer : Buffer.allocUnsafeSlow(next.length);
    if (from >= 0) {
      rest.copy(next, from);
      this.buffer = next;
      this.start = from;
      this.end = this.reserve + filled;
    } else {
      this.buffer = Buffer.concat([rest, next.subarray(this.reserve, this.reserve + filled)]);
      this.start = 0;
      this.end = this.buffer.length;
      this.spare = next;
    }
    this.isLast = filled < this.blockBytes;
    if (this.isLast) this.endLine();
    else this.read();
  }

  /** The last row gets the line feed that it may lack (RFC 4180 section 2, rule 2). */
  private endLine(): void {
    if (this.start === this.end || this.buffer[this.end - 1] === LF) return;
    this.buffer = Buffer.concat([this.buffer.subarray(this.start, this.end), Buffer.of(LF)]);
    this.start = 0;
    this.end = this.buffer.length;
  }

  private read(): void {
    this.pending = this.fill(this.spare.subarray(this.reserve));
    // Thrown by advance(); until then it must not end the process.
    this.pending.catch(() => undefined);
  }
}
