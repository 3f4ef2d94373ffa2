/** One S3 client per store, on our own connections, with everything off that the engine does itself. */
import { isIP } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import ipaddr from 'ipaddr.js';
import type { StoreConfig } from '../../config/types';
import { createStorePool } from '../http/direct/store-pool';
import { AddressSpread } from '../lib/address-spread';
import { createAgent } from '../lib/agent';
import { withoutWarnings } from '../lib/quiet';
import { traceRequestsOf } from '../lib/request-spans';
import { credentialsFor } from './credentials';
import { allowLeanWrites } from './lean-writes';
import { countRequestsOf } from './request-counter';
import { StoreRequestHandler } from './request-handler';

export interface S3ClientOptions {
  /** Connections at most to one host of the store; requests beyond them wait. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  /** Which of the addresses of the store's hosts comes next; the client's own where absent. */
  readonly spread?: AddressSpread;
}

const DEFAULT_CONNECTIONS = 128;
/** Once per process, that future versions of the SDK will need a newer Node. */
const VERSION_NOTICE = /NodeVersionSupportWarning|NodeDeprecationWarning/;

/**
 * A client whose `destroy()` also closes its connections. It retries nothing (the engine does), and hashes nothing:
 * the CRC32 of each body is given, and the payload is left out of the signature where the transport protects it.
 */
export function createS3Client(store: StoreConfig, options: S3ClientOptions = {}): S3Client {
  const { connections = DEFAULT_CONNECTIONS, connectTimeoutMs } = options;
  const spread = options.spread ?? new AddressSpread();
  const dispatcher = createAgent({ connections, connectTimeoutMs, connector: (connect) => spread.connector(connect) });
  const pool = createStorePool({ connections, connectTimeoutMs, spread });
  const client = withoutWarnings(
    VERSION_NOTICE,
    () =>
      new S3Client({
        region: store.region,
        ...(store.endpoint === null ? {} : { endpoint: store.endpoint }),
        forcePathStyle: store.forcePathStyle,
        credentials: credentialsFor(store.credentials, store.region),
        requestHandler: new StoreRequestHandler(dispatcher, pool),
        maxAttempts: 1,
        // Not every S3-compatible store knows the SDK's default checksums; ours are given explicitly.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      }),
  );
  countRequestsOf(client);
  traceRequestsOf(client);
  const isPayloadSigned = store.endpoint !== null && !mayLeavePayloadUnsigned(new URL(store.endpoint));
  if (!isPayloadSigned) leavePayloadUnsigned(client);
  allowLeanWrites(client, dispatcher, isPayloadSigned);
  return client;
}

/** TLS protects the payload; loopback needs none. On plain http elsewhere the signature must cover the bytes. */
function mayLeavePayloadUnsigned(endpoint: URL): boolean {
  if (endpoint.protocol === 'https:') return true;
  const host = endpoint.hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || (isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback');
}

/** Signature V4 takes this header's value instead of hashing the body (Amazon S3 API Reference, "Authenticating Requests"). */
function leavePayloadUnsigned(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (typeof request === 'object' && request !== null && 'headers' in request) {
        (request.headers as Record<string, string>)['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
      }
      return next(args);
    },
    { step: 'build', name: 'leavePayloadUnsigned', override: true },
  );
}
