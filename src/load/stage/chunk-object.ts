/**
 * One staged object while it is written. Objects it creates: the object under its key, and, where it is larger than one part, an
 * upload under the same key, aborted on failure. Every part carries its CRC32, and the object the one of the whole.
 */
import {
  combineCrc32,
  crc32Of,
  encodeCrc32,
  retry,
  type Lease,
  type MemoryBudget,
  type S3Destination,
} from '../../transfer';
import { asError } from '../../transfer/lib/abort';
import type { ListedPart } from '../../transfer';
import { stagingFault } from './staging-fault';

/** Three of these a call: one filled while two are sent. */
export const STAGE_PART_BYTES = 8 * 1024 * 1024;

export interface ChunkPlace {
  readonly staging: S3Destination;
  readonly key: string;
  readonly memory: MemoryBudget;
  readonly signal: AbortSignal;
  readonly partBytes: number;
}

export class ChunkObject {
  bytes = 0;
  private crc = 0;
  private lease: Lease | undefined;
  private filled = 0;
  private uploadId: string | undefined;
  private readonly parts: ListedPart[] = [];
  /** Sent and being sent: a number is used once. */
  private begunParts = 0;
  private readonly sending = new Set<Promise<void>>();
  private failure: Error | undefined;

  constructor(private readonly place: ChunkPlace) {}

  async append(data: Buffer): Promise<void> {
    for (let from = 0; from < data.length;) {
      this.lease ??= await this.place.memory.acquire(this.place.partBytes, this.place.signal);
      const copied = data.copy(this.lease.buffer, this.filled, from);
      from += copied;
      this.filled += copied;
      if (this.filled === this.place.partBytes) await this.send();
    }
  }

  /** Sends what is left and makes the object visible; answers its CRC32. */
  async close(): Promise<string> {
    const { staging, key, signal } = this.place;
    try {
      if (this.uploadId === undefined) await this.putWhole();
      else {
        if (this.filled > 0) await this.send();
        await Promise.all(this.sending);
        if (this.failure !== undefined) throw this.failure;
        const parts = this.parts.sort((a, b) => a.number - b.number);
        this.crc = parts.reduce((crc, part) => combineCrc32(crc, part.crc32 ?? 0, part.bytes), 0);
        const request = { bytes: this.bytes, crc32: this.crc, parts };
        const uploadId = this.uploadId;
        await retry({ signal }, () => staging.complete(key, uploadId, request, signal));
      }
      return encodeCrc32(this.crc);
    } catch (error) {
      throw stagingFault(error);
    }
  }

  /** Gives back memory and takes back the upload, if there is one. Never throws. */
  async abandon(): Promise<void> {
    this.lease?.release();
    this.lease = undefined;
    await Promise.all(this.sending);
    const { staging, key } = this.place;
    if (this.uploadId === undefined) return;
    // The signal may be the reason; what remains is found by removeStaging.
    await staging.abort(key, this.uploadId, AbortSignal.timeout(10_000)).catch(() => undefined);
  }

  private async putWhole(): Promise<void> {
    const { staging, key, signal } = this.place;
    const body = this.lease?.buffer.subarray(0, this.filled) ?? Buffer.alloc(0);
    this.bytes = body.length;
    this.crc = crc32Of(body);
    try {
      await retry({ signal }, () =>
        staging.putWhole(key, { transferId: key, contentType: 'text/csv' }, body, { crc32: this.crc }, signal),
      );
    } finally {
      this.lease?.discard();
      this.lease = undefined;
    }
  }

  private async send(): Promise<void> {
    const { staging, key, signal } = this.place;
    const lease = this.lease as Lease;
    const body = lease.buffer.subarray(0, this.filled);
    this.lease = undefined;
    this.filled = 0;
    if (this.failure !== undefined) throw this.failure;
    this.uploadId ??= await retry({ signal }, () =>
      staging.begin(key, { transferId: key, contentType: 'text/csv' }, signal),
    ).catch((error: unknown) => {
      lease.release();
      throw stagingFault(error);
    });
    this.begunParts += 1;
    const part = { number: this.begunParts, body, crc32: crc32Of(body) };
    this.bytes += body.length;
    const uploadId = this.uploadId;
    const sent = retry({ signal }, () => staging.writePart(key, uploadId, part, signal)).then(
      (listed) => {
        this.parts.push(listed);
        lease.release();
      },
      (error: unknown) => {
        // The aborted request may still read from it.
        lease.discard();
        this.failure ??= asError(stagingFault(error));
      },
    );
    const tracked = sent.finally(() => this.sending.delete(tracked));
    this.sending.add(tracked);
  }
}
