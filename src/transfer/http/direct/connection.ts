/** One connection of HTTP/1.1, one request at a time; its socket reads into memory that the reply's reader names. */
import type { Socket } from 'node:net';
import type { HttpReply } from '../http-reply';
import { DirectBody } from './body';
import { ChunkedDecoder } from './chunked';
import { malformed, parseHead, type ReplyHead } from './head';

/** Of a head; as undici's and Node's parsers have it, with some room. */
const MAX_HEAD_BYTES = 64 * 1024;
/** What is not read to a place of its own. */
const SCRATCH_BYTES = 64 * 1024;
/** One read: large enough to cost few calls, small enough to be in the processor's cache when it is looked at next. */
const READ_BYTES = 256 * 1024;

/** How `net` and `tls` are told to read into given memory. */
export interface OnRead {
  readonly buffer: () => Uint8Array;
  readonly callback: (bytes: number, buffer: Uint8Array) => boolean;
}

export interface ConnectionEvents {
  /** The reply's body has been read to its end; for so many ms another request may be sent. */
  onFree(keepAliveMs: number): void;
  onClosed(): void;
}

interface Waiting {
  readonly resolve: (reply: HttpReply) => void;
  readonly reject: (error: Error) => void;
}

const lost = (): Error => Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });

export class Connection {
  private socket: Socket | undefined;
  private failure: Error | undefined;
  private waiting: Waiting | undefined;
  private head: Buffer | undefined;
  private body: DirectBody | undefined;
  private leftBytes = Infinity;
  private chunks: ChunkedDecoder | undefined;
  private keepAliveMs = 0;
  private readonly scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  /** The memory that was given to the socket, where it is a reader's. */
  private place: Buffer | undefined;

  constructor(
    private readonly events: ConnectionEvents,
    private readonly keepAliveLimitMs: number,
  ) {}

  readonly onRead: OnRead = {
    buffer: () => this.nextBuffer(),
    callback: (bytes, buffer) => this.read(bytes, buffer),
  };

  attach(socket: Socket): void {
    this.socket = socket;
    socket.on('error', (error) => this.close(error));
    socket.on('end', () => this.ended());
    socket.on('close', () => this.close(lost()));
  }

  /** Sends a GET. Rejects with the network's error or one of HPE_INVALID_REPLY; aborting is `close`. */
  get(target: string, headers: Readonly<Record<string, string>>): Promise<HttpReply> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined || this.socket === undefined) {
        reject(this.failure ?? lost());
        return;
      }
      this.waiting = { resolve, reject };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      this.socket.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
      this.socket.resume();
    });
  }

  /** Everything that waits for this connection fails with the first error. */
  close(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.socket?.destroy();
    this.waiting?.reject(error);
    this.waiting = undefined;
    const { body } = this;
    this.body = undefined;
    body?.destroy(error);
    this.events.onClosed();
  }

  private nextBuffer(): Uint8Array {
    const place = this.chunks === undefined && this.leftBytes !== Infinity ? this.body?.place() : undefined;
    this.place = place?.subarray(0, Math.min(READ_BYTES, this.leftBytes));
    return this.place ?? this.scratch;
  }

  /** False: the socket reads no more until it is resumed. */
  private read(bytes: number, buffer: Uint8Array): boolean {
    try {
      if (buffer === this.place && this.body !== undefined) {
        this.leftBytes -= bytes;
        const wantsMore = this.body.placed(bytes);
        return this.leftBytes === 0 ? this.completed() : wantsMore;
      }
      const data = this.scratch.subarray(0, bytes);
      return this.body === undefined ? this.takeHead(data) : this.takeBody(data);
    } catch (error) {
      this.close(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  private takeHead(data: Buffer): boolean {
    if (this.waiting === undefined) throw malformed('bytes that nobody has asked for');
    const seen = this.head === undefined ? data : Buffer.concat([this.head, data]);
    const end = seen.indexOf('\r\n\r\n');
    if (end < 0) {
      if (seen.length > MAX_HEAD_BYTES) throw malformed('a head without an end');
      this.head = Buffer.from(seen);
      return true;
    }
    this.head = undefined;
    const head = parseHead(seen.toString('latin1', 0, end));
    const rest = seen.subarray(end + 4);
    if (head.status < 200) {
      if (head.status === 101) throw malformed('another protocol');
      return rest.length === 0 || this.takeHead(rest);
    }
    return this.begin(head, rest);
  }

  private begin({ status, headers, framing, isKeptAlive }: ReplyHead, rest: Buffer): boolean {
    this.leftBytes = framing.kind === 'length' ? framing.bytes : Infinity;
    this.chunks = framing.kind === 'chunked' ? new ChunkedDecoder() : undefined;
    const told = /(?:^|[\s,])timeout=(\d{1,6})/.exec(headers['keep-alive'] ?? '')?.[1];
    // A second before the server does: a request on a dying connection is reset.
    const toldMs = told === undefined ? this.keepAliveLimitMs : Number(told) * 1000 - 1000;
    this.keepAliveMs = isKeptAlive ? Math.min(this.keepAliveLimitMs, toldMs) : 0;
    const body = new DirectBody(
      {
        resume: () => this.socket?.resume(),
        pause: () => this.socket?.pause(),
        abandon: () => this.close(lost()),
      },
      framing.kind === 'length',
    );
    this.body = body;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.resolve({ status, headers, body });
    if (this.leftBytes === 0) {
      if (rest.length > 0) this.keepAliveMs = 0;
      return this.completed();
    }
    // Nobody has asked for the body yet; what has come already waits in it.
    return rest.length > 0 && this.takeBody(rest);
  }

  private takeBody(data: Buffer): boolean {
    const { body, chunks } = this;
    if (body === undefined) return false;
    if (chunks === undefined) {
      // RFC 9112 section 6.3: what follows the declared length is no part of the reply, nor of the next one.
      if (data.length > this.leftBytes) this.keepAliveMs = 0;
      const declared = data.subarray(0, Math.min(data.length, this.leftBytes));
      this.leftBytes -= declared.length;
      const wantsMore = body.receive(declared);
      return this.leftBytes === 0 ? this.completed() : wantsMore;
    }
    const wants = chunks.decode(data).map((piece) => body.receive(piece));
    return chunks.isEnded ? this.completed() : wants.every(Boolean);
  }

  /** Goes on reading: that the other side closes an idle connection must be seen. */
  private completed(): boolean {
    const { body } = this;
    this.body = undefined;
    this.place = undefined;
    body?.complete();
    if (this.keepAliveMs > 0) this.events.onFree(this.keepAliveMs);
    else this.close(lost());
    return true;
  }

  private ended(): void {
    const isUntilClose = this.body !== undefined && this.chunks === undefined && this.leftBytes === Infinity;
    if (isUntilClose) this.completed();
    else this.close(lost());
  }
}
