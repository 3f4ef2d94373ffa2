/** A proxy in front of Postgres that follows a script: holds a message, cuts a connection, or loses an answer. No TLS. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { resetConnection } from './reset';

export type PostgresVerdict =
  | 'pass'
  /** The connection is reset before the server sees the message. */
  | 'cut'
  /** The server does it; its answer is lost with the connection. */
  | 'loseAnswer'
  /** The server sees the message when the promise resolves, unless the client is gone by then. */
  | { readonly holdUntil: Promise<void> };

export interface PostgresProxy {
  readonly port: number;
  /** The same connection string through the proxy. */
  urlOf(url: string): string;
  /** Asked about every chunk that a client sends, as text. */
  script: (text: string) => PostgresVerdict;
  /** Connections there are now. */
  readonly open: number;
  /** Resets all connections, and refuses new ones until `up`. */
  down(): void;
  up(): void;
  close(): Promise<void>;
}

export async function startPostgresProxy(targetPort: number): Promise<PostgresProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isDown = false;
  const server = createServer((client) => {
    if (isDown) {
      resetConnection(client);
      return;
    }
    const upstream = connect(targetPort, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    let isAnswerLost = false;
    let sending = Promise.resolve();
    client.on('data', (chunk) => {
      const verdict = self.script(chunk.toString('latin1'));
      if (verdict === 'cut') {
        end();
        return;
      }
      if (verdict === 'loseAnswer') isAnswerLost = true;
      // In order: what comes behind a held message waits too.
      sending = sending
        .then(() => (typeof verdict === 'object' ? verdict.holdUntil : undefined))
        .then(() => {
          if (!upstream.destroyed) upstream.write(chunk);
        });
    });
    upstream.on('data', (chunk) => {
      if (isAnswerLost) {
        end();
        return;
      }
      client.write(chunk);
    });
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cutAll = (): void => {
    for (const [client, upstream] of [...pairs]) {
      resetConnection(client);
      upstream.destroy();
    }
  };
  const self: PostgresProxy = {
    port,
    urlOf: (url) => url.replace(/:\d+\//, `:${port}/`),
    script: () => 'pass',
    get open() {
      return pairs.size;
    },
    down() {
      isDown = true;
      cutAll();
    },
    up() {
      isDown = false;
    },
    async close() {
      cutAll();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}

export interface HeldMessage {
  /** Resolves when the message is held. */
  readonly reached: Promise<void>;
  release(): void;
}

/** Holds the first message that fits; everything else passes. */
export function holdAt(proxy: PostgresProxy, fits: (text: string) => boolean): HeldMessage {
  let reach = (): void => undefined;
  let release = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  proxy.script = (text) => {
    if (!fits(text)) return 'pass';
    proxy.script = () => 'pass';
    reach();
    return { holdUntil: released };
  };
  return { reached, release };
}
