/** Direct connections to a store: a host of the configuration, which needs no guard against private addresses. */
import type { AddressSpread } from '../../lib/address-spread';
import { DEFAULT_CONNECT_TIMEOUT_MS, KEEP_ALIVE_MS } from '../../lib/agent';
import { DirectPool } from './pool';

export interface StorePoolOptions {
  /** Connections at most to one host; requests beyond them wait. */
  readonly connections: number;
  readonly connectTimeoutMs?: number | undefined;
  /** The store's: all of its connections take turns. */
  readonly spread: AddressSpread;
}

export const createStorePool = ({
  connections,
  connectTimeoutMs: timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS,
  spread,
}: StorePoolOptions): DirectPool =>
  new DirectPool({
    connections,
    keepAliveMs: KEEP_ALIVE_MS,
    connector: (socketOptions) => spread.connector({ timeoutMs, ...socketOptions }),
  });
