/** One connection through the fault proxy: two sockets, two pumps, and at most one fault at a time. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { resetConnection } from './reset';

/** Whose bytes are counted, and which direction goes wrong. */
export type FaultSide = 'toServer' | 'toClient';

interface At {
  readonly side: FaultSide;
  /** Of the request (toServer) or its answer (toClient), heads included: so many bytes pass before the fault. */
  readonly atByte: number;
}

/** What can be wrong with a connection. All but `stall` with `forMs`, and `drip`, are for good. */
export type Fault =
  /** Both ends get a RST. */
  | (At & { readonly kind: 'reset' })
  /** Both ends get a FIN: an orderly end where more was promised. */
  | (At & { readonly kind: 'truncate' })
  /** This direction is silent for so long, and then goes on as if nothing had been. */
  | (At & { readonly kind: 'stall'; readonly forMs: number })
  /** Nothing is read any more from either end: buffers fill, and writers wait. */
  | (At & { readonly kind: 'noBandwidth' })
  /** The server's end is gone and the client is not told: what it sends is taken, and nothing ever comes. */
  | (At & { readonly kind: 'halfOpen' })
  /** The rest of this direction comes a few bytes at a time. */
  | (At & { readonly kind: 'drip'; readonly bytesPerSec: number });

export type FaultKind = Fault['kind'];
export const FAULT_KINDS: readonly FaultKind[] = ['reset', 'truncate', 'stall', 'noBandwidth', 'halfOpen', 'drip'];

export interface LinkEvents {
  /** A request begins with these bytes. */
  readonly onRequest: (head: string) => Fault | undefined;
  readonly onStrike: (fault: Fault) => void;
  readonly onEnd: () => void;
  /** The pace of answers; default: none. */
  readonly answerBytesPerSec?: number;
}

const HEAD_BYTES = 2_048;
/** A chunk that begins so is a new request on a kept connection; requests are not pipelined, so none begins within a chunk. */
const METHOD = /^(GET|HEAD|PUT|POST|DELETE) /;
/** Between two pieces of what is slowed down. */
const DRIP_MS = 50;

export class FaultyLink {
  readonly #gone = new AbortController();
  #healed = new AbortController();
  #fault: Fault | undefined;
  #hasStruck = false;
  /** Of the request that is under way. */
  #passed = { toServer: 0, toClient: 0 };
  #isFirst = true;

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly events: LinkEvents,
  ) {
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.#fail());
    }
    client.once('close', () => {
      this.#gone.abort();
      events.onEnd();
      upstream.destroy();
    });
    // Whoever is cut off from the server does not hear of its end; everybody else does, once he has read the rest.
    upstream.once('close', () => {
      if (!this.#isSilent()) client.destroySoon();
    });
    void this.#pump('toServer', client, upstream);
    void this.#pump('toClient', upstream, client);
  }

  reset(): void {
    for (const socket of [this.upstream, this.client]) if (!socket.destroyed) resetConnection(socket);
  }

  /** What has not struck yet will not, what is slow goes on, and a connection that is stuck is reset. */
  heal(): void {
    if (this.#isSilent()) this.reset();
    this.#fault = undefined;
    this.#healed.abort();
    this.#healed = new AbortController();
  }

  #fail(): void {
    if (!this.#isSilent()) this.reset();
  }

  #isSilent(): boolean {
    return this.#hasStruck && (this.#fault?.kind === 'halfOpen' || this.#fault?.kind === 'noBandwidth');
  }

  /** What comes is read and dropped: closing over unread bytes would be a RST. */
  #isSwallowing(): boolean {
    return this.#hasStruck && (this.#fault?.kind === 'halfOpen' || this.#fault?.kind === 'truncate');
  }

  async #pump(side: FaultSide, from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (side === 'toServer') this.#begin(chunk);
        await this.#pass(side, chunk, to);
      }
      if (this.#isSwallowing()) from.destroy();
      else to.end();
    } catch {
      // A socket has failed or was ended: its `close` ends the other.
    }
  }

  #begin(chunk: Buffer): void {
    const head = chunk.toString('latin1', 0, Math.min(chunk.length, HEAD_BYTES));
    if (this.#isSilent() || !(this.#isFirst || METHOD.test(head))) return;
    this.#isFirst = false;
    this.#passed = { toServer: 0, toClient: 0 };
    this.#fault = this.events.onRequest(head);
    this.#hasStruck = false;
  }

  async #pass(side: FaultSide, chunk: Buffer, to: Socket): Promise<void> {
    const fault = this.#fault;
    const left = fault?.side === side ? Math.max(0, fault.atByte - this.#passed[side]) : Infinity;
    await this.#write(side, chunk.subarray(0, left), to);
    if (fault !== undefined && chunk.length > left) await this.#strike(fault, chunk.subarray(left), to);
  }

  async #write(side: FaultSide, bytes: Buffer, to: Socket): Promise<void> {
    if (this.#isSwallowing()) return;
    if (this.#isSilent()) await this.#untilGone();
    if (bytes.length === 0) return;
    this.#passed[side] += bytes.length;
    await new Promise<void>((resolve, reject) => {
      to.write(bytes, (error) => (error == null ? resolve() : reject(error)));
    });
    const { answerBytesPerSec } = this.events;
    if (side === 'toClient' && answerBytesPerSec !== undefined) await sleep((bytes.length / answerBytesPerSec) * 1000);
  }

  async #strike(fault: Fault, rest: Buffer, to: Socket): Promise<void> {
    if (!this.#hasStruck) this.events.onStrike(fault);
    this.#hasStruck = true;
    switch (fault.kind) {
      case 'reset':
        this.reset();
        return;
      case 'truncate':
        this.client.end();
        this.upstream.end();
        return;
      case 'stall':
        await this.#wait(fault.forMs);
        this.#fault = undefined;
        await this.#write(fault.side, rest, to);
        return;
      case 'noBandwidth':
        await this.#untilGone();
        return;
      case 'halfOpen':
        resetConnection(this.upstream);
        return;
      case 'drip':
        await this.#drip(fault, rest, to);
    }
  }

  /** This chunk; the pump does not read on meanwhile, and the fault stays for the next one. */
  async #drip(fault: Extract<Fault, { kind: 'drip' }>, rest: Buffer, to: Socket): Promise<void> {
    const dropBytes = Math.max(1, Math.floor((fault.bytesPerSec * DRIP_MS) / 1000));
    let at = 0;
    for (; at < rest.length && this.#fault === fault; at += dropBytes) {
      await this.#write(fault.side, rest.subarray(at, at + dropBytes), to);
      await this.#wait(DRIP_MS);
    }
    await this.#write(fault.side, rest.subarray(at), to);
  }

  /** Shorter where the connection ends or is healed. */
  async #wait(ms: number): Promise<void> {
    const signal = AbortSignal.any([this.#gone.signal, this.#healed.signal]);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }

  async #untilGone(): Promise<never> {
    const { signal } = this.#gone;
    if (!signal.aborted) await once(signal, 'abort');
    throw new Error('The connection is gone.');
  }
}
