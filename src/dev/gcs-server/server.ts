/**
 * A strict double of Google Cloud Storage for tests and development: the JSON and the XML API over plain HTTP, with the
 * rules that Google documents, faults on demand and a log of what was asked. docs/gcs-double.md says what it leaves out.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Access } from './access';
import { PieceStore, type Content } from './content';
import { handle, type Double } from './dispatch';
import { FaultBook } from './faults';
import { hashesOf } from './hashes';
import { Keeper } from './keeper';
import { RequestLog } from './log';
import { MultipartUploads } from './multipart-uploads';
import { Notifier } from './notifications';
import { objectResource } from './resource';
import { Rewrites } from './rewrites';
import { Sessions } from './sessions';
import { ObjectStore, contentOf, type Announce } from './store';
import type { GcsBucketOptions, GcsEvent, GcsServer, GcsServerOptions } from './types';

const DEFAULT_HOST = '127.0.0.1';
const KEEP_ALIVE_MS = 60_000;

const readAll = async (content: Content): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of content.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** Resolves when it accepts connections. Throws Node's own error where the port is taken. */
export const startGcsServer = async (options: GcsServerOptions = {}): Promise<GcsServer> => {
  const { host = DEFAULT_HOST, notifications = [], onEvent } = options;
  const notifier = new Notifier(notifications);
  const keeper = options.dataDir === undefined ? null : new Keeper(options.dataDir);
  let endpoint = '';
  const listeners = new Set<(event: GcsEvent) => void>(onEvent === undefined ? [] : [onEvent]);
  const announce: Announce = (eventType, object, overwrote) => {
    const event = {
      eventType,
      bucket: object.bucket,
      object: object.name,
      generation: String(object.generation),
      eventTime: new Date().toISOString(),
      resource: objectResource(object, endpoint),
      ...(overwrote === undefined ? {} : { overwroteGeneration: String(overwrote.generation) }),
    };
    for (const listener of listeners) listener(event);
    notifier.announce(event);
  };
  const store = new ObjectStore(new PieceStore(keeper?.piecesFolder ?? null), keeper, announce);
  const ensureBucket = (name: string, bucketOptions?: GcsBucketOptions): void => {
    if (!store.buckets.has(name)) store.createBucket(name, bucketOptions);
  };
  for (const bucket of options.buckets ?? []) {
    const { name, ...rest } = typeof bucket === 'string' ? { name: bucket } : bucket;
    ensureBucket(name, rest);
  }
  const sessions = new Sessions(store);
  const multiparts = new MultipartUploads();
  const access = new Access(options.tokens);
  const faults = new FaultBook();
  const log = new RequestLog();
  const rewrites = new Rewrites(options.rewriteBytesPerCall);
  const double: Double = { world: { store, sessions, multiparts, rewrites }, access, faults, log };

  // No time limits of its own: a stalled request must stay stalled for as long as the test wants.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    handle(double, request, response).catch((error: unknown) => {
      process.stderr.write(`gcs: ${String(error)}\n`);
      response.destroy();
    });
  });
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  endpoint = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

  const stop = async (): Promise<void> => {
    faults.clear();
    if (server.listening) {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }
    await notifier.close();
  };
  let stopping: Promise<void> | null = null;
  return {
    endpoint,
    port,
    log,
    failNext: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    onEvent: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    deny: (denial) => access.deny(denial),
    createBucket: (name, bucketOptions) => void store.createBucket(name, bucketOptions),
    ensureBucket,
    putObject: async (bucket, name, bytes, fields = {}) => {
      const copy = Buffer.from(bytes);
      const piece = store.pieces.create();
      await piece.append([copy]);
      const content = await contentOf(piece);
      const withType = { contentType: 'application/octet-stream', ...fields };
      return store.publish(bucket, name, { content, ...hashesOf(copy), fields: withType });
    },
    object: (bucket, name) => store.find(bucket, name),
    readObject: async (bucket, name) => {
      const object = store.find(bucket, name);
      if (object === null) throw new Error(`There is no object ${bucket}/${name}`);
      return readAll(object.content);
    },
    names: (bucket, prefix = '') =>
      store.names(bucket).filter((name) => name.startsWith(prefix) && store.find(bucket, name) !== null),
    openUploads: () => [
      ...sessions.unfinished().map(({ target: { bucket, name } }) => ({ kind: 'resumable' as const, bucket, name })),
      ...multiparts.unfinished().map(({ bucket, name }) => ({ kind: 'multipart' as const, bucket, name })),
    ],
    loseSessions: async (status = 410) => {
      await Promise.all(sessions.unfinished().map((session) => sessions.lose(session, status)));
    },
    dropConnections: () => server.closeAllConnections(),
    stop: () => (stopping ??= stop()),
  };
};
