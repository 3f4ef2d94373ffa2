/**
 * The network: takes the place of src/transfer/lib/agent.ts and of http/direct/pool.ts, so that the engine's own HTTP client, the AWS SDK and all that reads
 * answers are the real ones and only the connections are not. Requests arrive, and answers come back in pieces, in virtual time;
 * a request that is on its way when its process dies may arrive all the same.
 */
import { Dispatcher, errors, request as undiciRequest } from 'undici';
import type { HttpReply } from '../../src/transfer/http/http-reply';
import type { Clock, Life } from './clock';
import { currentLife } from './clock';
import type { WireFault } from './faults';
import { isLaterPart, type WireReply, type WireRequest } from './wire-messages';

export interface Server {
  handle(request: WireRequest): WireReply;
}

/** What the network needs of a world. */
export interface Network {
  readonly clock: Clock;
  /** Requests that have left and not arrived. */
  readonly onTheWay: Set<WireRequest>;
  /** Undefined: nobody listens there. */
  serverAt(url: URL): Server | undefined;
  /** What goes wrong with this request; asked once for each. */
  faultFor(url: URL): WireFault | undefined;
  /** The request is about to be sent. */
  onSend(request: WireRequest): void;
  /** The answer is about to come. */
  onReply(request: WireRequest, reply: WireReply): void;
  log(text: string): void;
}

/** The handlers of undici 7's `request()`. */
interface Handler {
  onConnect(abort: (reason?: Error) => void): void;
  onHeaders(status: number, headers: Buffer[], resume: () => void, text: string): unknown;
  onData(chunk: Buffer): boolean;
  onComplete(trailers: string[] | null): void;
  onError(error: Error): void;
}

const MAX_LATENCY_MS = 8;
/** So that a body comes in pieces without their number deciding the time that a run takes. */
const MAX_CHUNKS = 4;
/** A dripping source: less than the engine's least (1 KiB in the stall timeout). */
const DRIP = { bytes: 40, everyMs: 5_000 };

const reset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
const notFound = (host: string): Error =>
  Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' });

class Exchange {
  private isDone = false;
  private isPaused = false;
  private rest: Buffer | undefined;
  private readonly life: Life;
  private readonly latency = (): number => this.network.clock.random() * MAX_LATENCY_MS;

  constructor(
    private readonly network: Network,
    private readonly request: WireRequest,
    private readonly handler: Handler,
    private readonly fault: WireFault | undefined,
  ) {
    const life = currentLife();
    if (life === undefined) throw new Error('A request of nobody');
    this.life = life;
  }

  begin(): void {
    const { network, fault, handler, request } = this;
    handler.onConnect((reason) => this.fail(reason ?? new errors.RequestAbortedError()));
    if (this.isDone) return;
    network.onSend(request);
    const { kind } = fault ?? { kind: 'none' as const };
    if (kind === 'dns') {
      this.later(() => this.fail(notFound(request.url.hostname)));
      return;
    }
    if (kind === 'resetBefore') {
      this.later(() => this.fail(reset()));
      return;
    }
    if (kind === 'stallBefore') return;
    // Of nobody's life: a packet that has left arrives, whatever has become of its sender.
    network.onTheWay.add(request);
    network.clock.schedule(this.latency(), () => this.arrive(), undefined);
  }

  private arrive(): void {
    const { fault, network } = this;
    network.onTheWay.delete(this.request);
    const server = network.serverAt(this.request.url);
    if (server === undefined) {
      this.later(() => this.fail(notFound(this.request.url.hostname)));
      return;
    }
    // A dead client's request, or one that was given up, may be lost on the way.
    const isGivenUp = this.isDone || !this.life.isAlive;
    if (isGivenUp && network.clock.random() < 0.5) return;
    if (isGivenUp && isLaterPart(this.request) && network.clock.random() < 0.5) {
      server.handle(torn(this.request, Math.floor(network.clock.random() * this.request.body.length)));
      return;
    }
    if (fault?.kind === 'answer') {
      this.answer(fault.reply(network.clock, this.request));
      return;
    }
    let reply = server.handle(fault?.kind === 'ask' ? fault.ask(this.request) : this.asArrived());
    if (fault?.kind === 'resetAfter' || fault?.kind === 'torn') {
      this.later(() => this.fail(reset()));
      return;
    }
    if (fault?.kind === 'stallAfter') return;
    if (fault?.kind === 'answerAfter') reply = fault.reply(network.clock, this.request);
    if (fault?.kind === 'rewrite') reply = fault.rewrite(reply);
    this.answer(reply);
  }

  private asArrived(): WireRequest {
    const { fault } = this;
    // Read only now: a buffer that its owner has used again meanwhile arrives as it is by then.
    const body = Buffer.from(this.request.body);
    const request = { ...this.request, body };
    if (body.length === 0) return request;
    if (fault?.kind === 'flip') {
      const at = fault.at % body.length;
      body[at] = (body[at] ?? 0) ^ 0x10;
      return { ...request, body };
    }
    if (fault?.kind === 'torn' && isLaterPart(request)) {
      return torn(request, fault.at % body.length);
    }
    return request;
  }

  private answer(reply: WireReply): void {
    const { handler, fault } = this;
    const { 'content-length': length, ...open } = reply.headers;
    // Cut off, and nobody can tell by the length.
    const told = fault?.kind === 'endBody' || length === undefined ? open : reply.headers;
    this.network.onReply(this.request, { ...reply, headers: told });
    const headers = Object.entries(told).flatMap((pair) => pair.map((text) => Buffer.from(text, 'latin1')));
    this.later(() => {
      handler.onHeaders(reply.status, headers, () => this.resume(), '');
      const body = this.request.method === 'HEAD' ? Buffer.alloc(0) : reply.body;
      const isCut = fault?.kind === 'cutBody' || fault?.kind === 'endBody' || fault?.kind === 'stallBody';
      this.rest = isCut ? body.subarray(0, fault.at % (body.length + 1)) : body;
      this.later(() => this.deliver());
    });
  }

  private deliver(): void {
    const { rest, fault, handler } = this;
    if (rest === undefined || this.isPaused) return;
    if (rest.length === 0) {
      if (fault?.kind === 'cutBody') {
        this.fail(new errors.SocketError('other side closed'));
        return;
      }
      if (fault?.kind === 'stallBody') return;
      this.isDone = true;
      handler.onComplete([]);
      return;
    }
    const isDrip = fault?.kind === 'drip';
    const most = isDrip ? DRIP.bytes : Math.max(1, Math.ceil(rest.length / (1 + this.pick(MAX_CHUNKS))));
    const chunk = rest.subarray(0, most);
    this.rest = rest.subarray(chunk.length);
    // undici gives each chunk memory of its own.
    if (!handler.onData(Buffer.from(chunk))) this.isPaused = true;
    else this.later(() => this.deliver(), isDrip ? DRIP.everyMs : undefined);
  }

  private resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.later(() => this.deliver());
  }

  private fail(error: Error): void {
    if (this.isDone) return;
    this.isDone = true;
    this.handler.onError(error);
  }

  private later(run: () => void, delayMs = this.latency()): void {
    this.network.clock.schedule(
      delayMs,
      () => {
        if (!this.isDone) run();
      },
      this.life,
    );
  }

  private pick(below: number): number {
    return Math.floor(this.network.clock.random() * below);
  }
}

/** A client that dies while it sends, or gives up. */
const torn = (request: WireRequest, bytes: number): WireRequest => ({
  ...request,
  body: Buffer.from(request.body.subarray(0, bytes)),
  declaredBytes: request.body.length,
});

class WireAgent extends Dispatcher {
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const life = currentLife();
    // What a dead process still does in its last promises leads nowhere.
    if (life?.isAlive !== true) return true;
    const network = life.world as Network;
    const request = {
      method: options.method,
      url: new URL(options.path, String(options.origin)),
      headers: lowerCase(options.headers),
      body: bytesOf(options.body),
    };
    const fault = network.faultFor(request.url);
    network.log(
      `${life.name}: ${request.method} ${request.url.pathname}${request.url.search.replace(/X-Amz[^&]*/g, '')} ` +
        `${request.headers['range'] ?? ''}${request.body.length > 0 ? ` ${request.body.length} B` : ''}` +
        (fault === undefined ? '' : ` [${fault.name}]`),
    );
    new Exchange(network, request, handler as unknown as Handler, fault).begin();
    return true;
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  override destroy(): Promise<void> {
    return Promise.resolve();
  }
}

function lowerCase(headers: Dispatcher.DispatchOptions['headers']): Record<string, string> {
  if (headers === undefined || headers === null || typeof headers !== 'object' || Array.isArray(headers)) {
    throw new Error('The wire takes headers as a record alone');
  }
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new Error('The wire takes bodies of bytes alone');
}

/** As `createAgent` of src/transfer/lib/agent.ts. */
export const createAgent = (): Dispatcher => new WireAgent();

/** As `DirectPool` of src/transfer/http/direct/pool.ts, whose own reading of HTTP/1.1 test/unit/transfer checks. */
export class DirectPool {
  private readonly agent = createAgent();

  async get(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<HttpReply> {
    const {
      statusCode,
      headers: answered,
      body,
    } = await undiciRequest(url, { dispatcher: this.agent, headers, signal });
    const flat = Object.entries(answered).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]);
    return { status: statusCode, headers: Object.fromEntries(flat) as HttpReply['headers'], body };
  }

  close(): void {
    void this.agent.close();
  }
}
