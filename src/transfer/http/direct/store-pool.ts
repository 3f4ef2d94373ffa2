/** Direct connections to a store: a host of the configuration, which needs no guard against private addresses. */
import { buildConnector } from 'undici';
import { DEFAULT_CONNECT_TIMEOUT_MS, KEEP_ALIVE_MS } from '../../lib/agent';
import { DirectPool } from './pool';

export interface StorePoolOptions {
  /** Connections at most to one host; requests beyond them wait. */
  readonly connections: number;
  readonly connectTimeoutMs?: number | undefined;
}

export const createStorePool = ({ connections, connectTimeoutMs }: StorePoolOptions): DirectPool =>
  new DirectPool({
    connections,
    keepAliveMs: KEEP_ALIVE_MS,
    connector: (socketOptions) =>
      buildConnector({ timeout: connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS, ...socketOptions }),
  });
