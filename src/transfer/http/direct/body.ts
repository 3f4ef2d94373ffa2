/**
 * A reply's body as any stream, or, for those who know, straight into memory of their own: the socket's bytes are then read to
 * where they belong, and copied nowhere.
 */
import { Readable } from 'node:stream';

/** What a body asks of its connection. */
export interface BodyFlow {
  resume(): void;
  pause(): void;
  /** The body is not wanted any more. */
  abandon(): void;
}

interface Target {
  readonly buffer: Buffer;
  filled: number;
  readonly onBytes: (bytes: number) => void;
}

export class DirectBody extends Readable {
  private target: Target | undefined;
  private isDirect = false;
  /** Came before there was a place for it. */
  private early: Buffer | undefined;
  private isComplete = false;
  private isEndPushed = false;
  private isOnHold = false;

  constructor(
    private readonly flow: BodyFlow,
    private readonly isOfKnownLength: boolean,
  ) {
    super();
    // It may fail before its reader listens; who comes later finds `errored`, and the process must not end of it.
    this.on('error', () => undefined);
  }

  /** True where `readInto` may be used instead of the stream's own reading. */
  get canReadInto(): boolean {
    return this.isOfKnownLength;
  }

  /** Nothing comes because nobody has asked. */
  get isHeld(): boolean {
    return this.target === undefined || this.isOnHold;
  }

  /**
   * Reads until `buffer` is full, or the body has ended ('end'). `onBytes` sees the length of each piece, in order. One at a
   * time; the stream's own reading must not be used beside it.
   */
  readInto(buffer: Buffer, onBytes: (bytes: number) => void): void {
    this.isDirect = true;
    this.isOnHold = false;
    this.target = { buffer, filled: 0, onBytes };
    if (this.early !== undefined) {
      const { early } = this;
      const copied = early.copy(buffer);
      this.early = copied < early.length ? early.subarray(copied) : undefined;
      this.advance(copied);
    }
    // It had ended before anybody listened: the stream tells its end to those alone who let it flow.
    if (this.isEndPushed) this.resume();
    this.goOn();
  }

  /** Lets nothing more come until `release()`. */
  hold(): void {
    this.isOnHold = true;
    this.flow.pause();
  }

  release(): void {
    this.isOnHold = false;
    this.goOn();
  }

  /** Of the connection: where the next bytes may be read to; undefined where they must be given to `receive`. */
  place(): Buffer | undefined {
    const { target } = this;
    if (target === undefined || this.early !== undefined) return undefined;
    return target.buffer.subarray(target.filled);
  }

  /** Of the connection: so many bytes have been read to `place()`. False: read no more for now. */
  placed(bytes: number): boolean {
    this.advance(bytes);
    return this.wantsMore();
  }

  /** Of the connection: bytes from elsewhere, which are copied. */
  receive(bytes: Buffer): boolean {
    if (!this.isDirect && this.readableFlowing !== null) return this.push(Buffer.from(bytes));
    this.early = this.early === undefined ? Buffer.from(bytes) : Buffer.concat([this.early, bytes]);
    const { target } = this;
    if (target !== undefined) {
      const { early } = this;
      const copied = early.copy(target.buffer, target.filled);
      this.early = copied < early.length ? early.subarray(copied) : undefined;
      this.advance(copied);
    }
    return this.wantsMore();
  }

  /** Of the connection: all bytes have come. */
  complete(): void {
    this.isComplete = true;
    this.endIfRead();
  }

  override _read(): void {
    if (this.isDirect) return;
    if (this.early !== undefined) {
      const { early } = this;
      this.early = undefined;
      const wantsMore = this.push(early);
      this.endIfRead();
      if (!wantsMore) return;
    }
    if (!this.isComplete) this.flow.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.target = undefined;
    this.early = undefined;
    if (!this.isComplete) this.flow.abandon();
    callback(error);
  }

  private advance(bytes: number): void {
    const { target } = this;
    if (target === undefined || bytes === 0) return;
    target.filled += bytes;
    // Before anybody is told: who is told may ask for more at once.
    if (target.filled === target.buffer.length) this.target = undefined;
    target.onBytes(bytes);
  }

  private wantsMore(): boolean {
    return this.target !== undefined && !this.isOnHold;
  }

  private goOn(): void {
    this.endIfRead();
    if (!this.isComplete && this.wantsMore()) this.flow.resume();
  }

  private endIfRead(): void {
    if (!this.isComplete || this.early !== undefined || this.destroyed || this.isEndPushed) return;
    this.isEndPushed = true;
    this.push(null);
    if (this.isDirect) this.resume();
  }
}
