/** Connections to origins: kept open between requests, and no more to one origin than allowed. */
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { asError } from '../../lib/abort';
import type { HttpReply } from '../http-reply';
import { Connection, type OnRead } from './connection';

export interface DirectPoolOptions {
  /** To one origin. */
  readonly connections: number;
  /** How a connection is made; `onread` and `session` go to `net` and `tls`. */
  readonly connector: (options: { onread: OnRead; session: Buffer | undefined }) => buildConnector.connector;
  readonly keepAliveMs: number;
}

interface Origin {
  open: number;
  readonly idle: { readonly connection: Connection; readonly timer: NodeJS.Timeout }[];
  readonly queue: (() => void)[];
  /** Of TLS, for the next connection. */
  session: Buffer | undefined;
}

/** Header values that could end a line, and more than Latin-1. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;
/** Of targets: what could end the request's line. */
const UNSENDABLE_TARGET = /[^\x21-\x7e]/;

export class DirectPool {
  private readonly origins = new Map<string, Origin>();
  private readonly all = new Set<Connection>();

  constructor(private readonly options: DirectPoolOptions) {}

  /**
   * The reply to a GET; `signal` ends the waiting for its head, destroying its body ends the rest. `target` is sent as it is: a
   * signature may be over a path that URLs would write in another way.
   */
  async get(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    target = `${url.pathname}${url.search}`,
  ): Promise<HttpReply> {
    if (UNSENDABLE_TARGET.test(target) || Object.values(headers).some((value) => UNSENDABLE.test(value))) {
      throw Object.assign(new Error('invalid path or header value'), { code: 'UND_ERR_INVALID_ARG' });
    }
    const origin = this.originOf(url);
    const connection = await this.take(url, origin, signal);
    const onAbort = (): void => connection.close(asError(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) onAbort();
      return await connection.get(target, { host: url.host, ...headers });
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Ends all connections, also those in use. */
  close(): void {
    for (const connection of [...this.all]) {
      connection.close(Object.assign(new Error('The client is closed'), { code: 'UND_ERR_DESTROYED' }));
    }
  }

  private originOf({ origin }: URL): Origin {
    const known = this.origins.get(origin) ?? { open: 0, idle: [], queue: [], session: undefined };
    this.origins.set(origin, known);
    return known;
  }

  private async take(url: URL, origin: Origin, signal: AbortSignal): Promise<Connection> {
    for (;;) {
      signal.throwIfAborted();
      const free = origin.idle.pop();
      if (free !== undefined) {
        clearTimeout(free.timer);
        return free.connection;
      } else if (origin.open < this.options.connections) {
        return this.connect(url, origin, signal);
      } else {
        await turn(origin, signal);
      }
    }
  }

  private async connect(url: URL, origin: Origin, signal: AbortSignal): Promise<Connection> {
    origin.open += 1;
    const connection: Connection = new Connection(
      {
        onFree: (keepAliveMs) => {
          const timer = setTimeout(() => connection.close(new Error('idle')), keepAliveMs).unref();
          origin.idle.push({ connection, timer });
          origin.queue.shift()?.();
        },
        onClosed: () => {
          origin.open -= 1;
          this.all.delete(connection);
          const at = origin.idle.findIndex((each) => each.connection === connection);
          if (at >= 0) clearTimeout(origin.idle.splice(at, 1)[0]?.timer);
          if (origin.queue.length > 0) origin.queue.shift()?.();
          else if (origin.open === 0) this.origins.delete(url.origin);
        },
      },
      this.options.keepAliveMs,
    );
    this.all.add(connection);
    try {
      const socket = await this.open(url, connection, origin, signal);
      connection.attach(socket);
      socket.on('session', (session: Buffer) => (origin.session = session));
      signal.throwIfAborted();
      return connection;
    } catch (error) {
      connection.close(asError(error));
      throw error;
    }
  }

  /** Whoever gives up does not wait for the address to answer: a connection that comes later is closed. */
  private open(url: URL, { onRead }: Connection, { session }: Origin, signal: AbortSignal): Promise<Socket> {
    const connect = this.options.connector({ onread: onRead, session });
    const { host, protocol, port } = url;
    // Sockets take an IPv6 address without the brackets of URLs.
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(asError(signal.reason));
      signal.addEventListener('abort', onAbort, { once: true });
      connect({ hostname, host, protocol, port }, (...[error, socket]) => {
        signal.removeEventListener('abort', onAbort);
        if (error !== null) reject(error);
        else if (signal.aborted) socket.destroy();
        else resolve(socket);
      });
    });
  }
}

/** Until a connection is free, or another may be made. */
function turn({ queue }: Origin, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onTurn = (): void => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = (): void => {
      queue.splice(queue.indexOf(onTurn), 1);
      reject(asError(signal.reason));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    queue.push(onTurn);
  });
}
