/**
 * A TCP proxy whose connections go wrong at a chosen byte. It knows bytes, not requests; but because a client opens with its
 * request's head, a script can tell what it is about to break.
 *
 *     const proxy = await startFaultProxy(new URL(s3.endpoint));
 *     proxy.script = ({ head }) => (head.startsWith('PUT ') ? { kind: 'reset', side: 'toServer', atByte: 4096 } : undefined);
 *
 * Owns no state beside its connections; `close()` leaves none open.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { FaultyLink, type Fault } from './faulty-link';

export { FAULT_KINDS, type Fault, type FaultKind, type FaultSide } from './faulty-link';

export interface Opening {
  /** The first bytes of a request, as text: `GET /path HTTP/1.1` and headers. Binary protocols give what they send. */
  readonly head: string;
  /** Of the request, from 1, over all connections. */
  readonly nth: number;
}

export interface FaultProxy {
  readonly port: number;
  /** `http://127.0.0.1:<port>`. */
  readonly endpoint: string;
  /** Asked about each request that a client begins, on new and on kept connections. */
  script: (opening: Opening) => Fault | undefined;
  /** Faults that have struck, in order. */
  readonly struck: readonly Fault[];
  /** Told of each as it strikes. */
  onStrike: (fault: Fault) => void;
  /** Connections there are now. */
  readonly open: number;
  /** Nothing goes wrong any more, and connections that are stuck in a fault are reset, as a router that is rebooted does. */
  heal(): void;
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  /** What each connection's answers are slowed down to, so that there is something to break; default: not at all. */
  readonly answerBytesPerSec?: number;
}

/** @param target where the server listens; it need not run yet, and may be restarted on the same port. */
export async function startFaultProxy(
  target: { readonly hostname: string; readonly port: string | number },
  options: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const links = new Set<FaultyLink>();
  const struck: Fault[] = [];
  let requests = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true });
    const link = new FaultyLink(client, upstream, {
      onRequest: (head) => {
        requests += 1;
        return self.script({ head, nth: requests });
      },
      onStrike: (fault) => {
        struck.push(fault);
        self.onStrike(fault);
      },
      onEnd: () => links.delete(link),
      ...options,
    });
    links.add(link);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const self: FaultProxy = {
    port,
    endpoint: `http://127.0.0.1:${port}`,
    script: () => undefined,
    struck,
    onStrike: () => undefined,
    get open() {
      return links.size;
    },
    heal() {
      self.script = () => undefined;
      for (const link of [...links]) link.heal();
    },
    async close() {
      for (const link of [...links]) link.reset();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}
