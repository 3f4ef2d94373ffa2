/** Counts what one transfer has done and tells it on, as the checkpoint that activities heartbeat. */
import { tell, type TransferListener } from './events';
import type { SourceVersion, TransferCheckpoint, TransferControl } from './types';

export class Progress {
  private checkpoint: TransferCheckpoint;
  private readBytes = 0;
  private expectedBytes: number | null = null;

  /** Counters of bytes sent go on from the last attempt's; what has arrived is told by the store alone. */
  constructor(
    private readonly control: TransferControl,
    private readonly onEvent?: TransferListener,
  ) {
    this.checkpoint = { v: 1, bytes: 0, parts: 0, sentBytes: control.checkpoint?.sentBytes ?? 0 };
  }

  get sentBytes(): number {
    return this.checkpoint.sentBytes;
  }

  begun(uploadId: string, version: SourceVersion, partSizeBytes: number): void {
    this.update({ uploadId, version, partSizeBytes });
  }

  /** Counted when sending starts, so that a crash counts the part that was on its way. */
  sending(bytes: number): void {
    this.update({ sentBytes: this.checkpoint.sentBytes + bytes });
  }

  acknowledged(bytes: number, parts = 1): void {
    this.update({ bytes: this.checkpoint.bytes + bytes, parts: this.checkpoint.parts + parts });
  }

  /** Found at the destination: sent by an earlier attempt, so at least as much was sent as is there. */
  arrived(bytes: number, parts: number): void {
    const arrivedBytes = this.checkpoint.bytes + bytes;
    const sentBytes = Math.max(this.checkpoint.sentBytes, arrivedBytes);
    this.update({ bytes: arrivedBytes, parts: this.checkpoint.parts + parts, sentBytes });
  }

  /** The source is read from the start again, so what had arrived counts once more as it comes. */
  restarted(): void {
    this.rereading();
    this.update({ bytes: 0, parts: 0 });
  }

  /** For events alone: the checkpoint keeps what an earlier attempt has left. */
  rereading(): void {
    this.readBytes = 0;
  }

  /** The size of the whole object, where it is known. */
  expect(bytes: number | undefined): void {
    this.expectedBytes = bytes ?? null;
  }

  /** Read from the source, or there already; negative for what has to be read again. For events alone. */
  read(bytes: number): void {
    if (this.onEvent === undefined || bytes === 0) return;
    this.readBytes += bytes;
    // What is taken back is told with the next bytes that come.
    if (bytes < 0) return;
    tell(this.onEvent, { kind: 'progress', bytes: this.readBytes, expectedBytes: this.expectedBytes });
  }

  private update(change: Partial<TransferCheckpoint>): void {
    this.checkpoint = { ...this.checkpoint, ...change };
    this.control.onProgress(this.checkpoint);
  }
}
