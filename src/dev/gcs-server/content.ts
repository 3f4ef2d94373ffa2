/**
 * The bytes of objects and of unfinished uploads, in memory or in files of a folder. Owns `<folder>/<random>.bin`, one
 * file per uploaded piece. Content is a list of such pieces: composing and copying move no bytes.
 */
import { randomBytes } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import * as path from 'node:path';

/** Read granularity: large enough for a loopback stream, small beside what a client buffers. */
const READ_BYTES = 256 * 1024;

/** An append-only piece of bytes. Removed when nothing refers to it any more. */
export interface Piece {
  readonly id: string;
  readonly sizeBytes: number;
  append(chunks: readonly Buffer[]): Promise<void>;
  /** No more bytes come: gives up what writing held open. */
  seal(): Promise<void>;
  read(start: number, end: number): AsyncIterable<Buffer>;
  retain(): void;
  release(): Promise<void>;
}

abstract class Counted {
  #references = 1;
  readonly id = randomBytes(12).toString('hex');

  retain(): void {
    this.#references += 1;
  }

  async release(): Promise<void> {
    this.#references -= 1;
    if (this.#references === 0) await this.remove();
  }

  protected abstract remove(): Promise<void>;
}

class MemoryPiece extends Counted implements Piece {
  #chunks: Buffer[] = [];
  sizeBytes = 0;

  append(chunks: readonly Buffer[]): Promise<void> {
    for (const chunk of chunks) {
      this.#chunks.push(chunk);
      this.sizeBytes += chunk.length;
    }
    return Promise.resolve();
  }

  seal(): Promise<void> {
    return Promise.resolve();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- an async generator by its interface
  async *read(start: number, end: number): AsyncIterable<Buffer> {
    let at = 0;
    for (const chunk of this.#chunks) {
      const from = Math.max(start - at, 0);
      const to = Math.min(end - at, chunk.length);
      if (from < to) yield chunk.subarray(from, to);
      at += chunk.length;
      if (at >= end) return;
    }
  }

  protected remove(): Promise<void> {
    this.#chunks = [];
    return Promise.resolve();
  }
}

class FilePiece extends Counted implements Piece {
  #handle: FileHandle | null = null;

  constructor(
    private readonly folder: string,
    override readonly id = randomBytes(12).toString('hex'),
    public sizeBytes = 0,
  ) {
    super();
  }

  get #file(): string {
    return path.join(this.folder, `${this.id}.bin`);
  }

  async append(chunks: readonly Buffer[]): Promise<void> {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    if (bytes === 0) return;
    this.#handle ??= await open(this.#file, 'a');
    for (let rest = chunks, done = 0; done < bytes;) {
      const { bytesWritten } = await this.#handle.writev(rest);
      done += bytesWritten;
      if (done < bytes) rest = [Buffer.concat(rest).subarray(bytesWritten)];
    }
    this.sizeBytes += bytes;
  }

  async seal(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }

  async *read(start: number, end: number): AsyncIterable<Buffer> {
    if (start >= end) return;
    const handle = await open(this.#file, 'r');
    try {
      for (let at = start; at < end;) {
        const wanted = Math.min(READ_BYTES, end - at);
        // Unpooled: the chunk is handed to a socket that may keep it for a while.
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, at);
        if (bytesRead === 0) throw new Error(`${this.#file} ends early`);
        yield buffer.subarray(0, bytesRead);
        at += bytesRead;
      }
    } finally {
      await handle.close();
    }
  }

  protected async remove(): Promise<void> {
    await this.seal();
    await rm(this.#file, { force: true });
  }
}

/** Makes new pieces, and finds kept ones again. */
export class PieceStore {
  constructor(readonly folder: string | null) {}

  create(): Piece {
    return this.folder === null ? new MemoryPiece() : new FilePiece(this.folder);
  }

  /** A piece that an earlier server has kept in the folder. */
  restore(id: string, sizeBytes: number): Piece {
    if (this.folder === null) throw new Error('Nothing is kept without a folder');
    return new FilePiece(this.folder, id, sizeBytes);
  }
}

/** The pieces of one object in order. */
export class Content {
  readonly sizeBytes: number;

  constructor(readonly pieces: readonly Piece[]) {
    this.sizeBytes = pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** The bytes [start, end). */
  async *read(start = 0, end = this.sizeBytes): AsyncGenerator<Buffer> {
    let at = 0;
    for (const piece of this.pieces) {
      const from = Math.max(start - at, 0);
      const to = Math.min(end - at, piece.sizeBytes);
      if (from < to) yield* piece.read(from, to);
      at += piece.sizeBytes;
    }
  }

  retain(): this {
    for (const piece of this.pieces) piece.retain();
    return this;
  }

  async release(): Promise<void> {
    await Promise.all(this.pieces.map((piece) => piece.release()));
  }
}
