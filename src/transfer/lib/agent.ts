/** The engine's own connections: no timeouts but the engine's, and none that ends the process (held-bodies.ts). */
import { Agent, type buildConnector } from 'undici';
import { AddressSpread } from './address-spread';
import { holdingBodies } from './held-bodies';

export interface AgentOptions {
  /** Connections at most to one origin; requests beyond them wait. */
  readonly connections: number;
  readonly connectTimeoutMs?: number | undefined;
  /** How a connection is made; default: to the addresses of each host in turn. */
  readonly connector?: ((options: { timeoutMs: number }) => buildConnector.connector) | undefined;
}

export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
/** Below the 5 s after which many servers close an idle connection: a request on a dying one is reset. */
export const KEEP_ALIVE_MS = 4_000;

export function createAgent(options: AgentOptions): Agent {
  const { connections, connectTimeoutMs: timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  const connector = options.connector ?? ((connect) => new AddressSpread().connector(connect));
  return new Agent({
    connections,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A deadline per request knows how many bytes are to be sent, the stall watchdog whether a silence is the other side's
    // or our own back-pressure; undici knows neither.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: holdingBodies(connector({ timeoutMs })),
  });
}
