/** Starts the sample export API: two HTTP servers of this process, the API and the file host. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { EXPORT_TYPES, type ExportType } from '../../model/export-run';
import { handleAdmin } from './admin';
import { GRAPHQL_PATH, handleApi, type ApiState } from './api-server';
import { ExportStore } from './exports';
import { FaultBook } from './faults';
import { FileStore, urlPathOf } from './file-store';
import { handleFile } from './files-server';
import { guarded, json, listen, respond, stop } from './http';
import { defaultFilesByType, publicCsvFiles } from './samples';
import { rootValue, type ResultEntry } from './schema';
import { UrlSigner } from './signing';
import { emptyStats } from './stats';
import type { ExportApi, ExportApiOptions } from './types';

/** The vendor's: URLs live 15 minutes. */
const URL_LIFETIME_MS = 15 * 60_000;
const STATUS_DURATIONS = { pendingMs: 300, runningMs: 700 };

/**
 * Promises a vendor that behaves as the Rapid7 Bulk Export API is known to: real HTTP, a real GraphQL schema, signed
 * URLs that are checked and expire, at a file host of another origin. Throws Node's own error where a port is taken.
 */
export const startExportApi = async (options: ExportApiOptions = {}): Promise<ExportApi> => {
  const host = options.host ?? '127.0.0.1';
  const apiKey = options.apiKey ?? `sample-${randomBytes(12).toString('hex')}`;
  const stats = emptyStats();
  const files = new FileStore();
  const prefixes = new Map<ExportType, readonly string[]>();
  const faults = new FaultBook({
    changeVersion: (path) => files.changeVersion(path),
    expireUrls: () => signer.expireAll(),
  });
  const signer = new UrlSigner(() => faults.urlLifetimeMs ?? options.urlLifetimeMs ?? URL_LIFETIME_MS);
  const store = new ExportStore(options.statusDurationsMs ?? STATUS_DURATIONS, faults);
  const defaults = defaultFilesByType();
  for (const type of EXPORT_TYPES) {
    files.set(type, options.files?.[type] ?? defaults[type]);
    prefixes.set(type, options.prefixes?.[type] ?? []);
  }

  files.publish(publicCsvFiles());

  const filesServer = await listen(
    host,
    options.filesPort ?? 0,
    guarded((request, response) => handleFile({ files, signer, faults, stats }, request, response)),
  );
  const urlHost = host.includes(':') ? `[${host}]` : host;
  const filesUrl = options.publicFilesUrl ?? `http://${urlHost}:${filesServer.port}`;

  let lastShape = 'list';
  const resultOf = (type: ExportType): ResultEntry[] | null => {
    const shape = (lastShape = faults.shapeOf(type));
    if (shape === 'null') return null;
    if (shape === 'empty') return [];
    const urls = new Map<string, string[]>();
    for (const file of files.of(type)) {
      const list = urls.get(file.dataset) ?? [];
      list.push(signer.sign(filesUrl + urlPathOf(type, file)));
      urls.set(file.dataset, list);
    }
    const datasets = [...urls].map(([prefix, list]) => ({ prefix, urls: list }));
    return [...datasets, ...(prefixes.get(type) ?? []).map((prefix) => ({ prefix, urls: null }))];
  };
  const root = rootValue(store, resultOf);
  const apiState: ApiState = { apiKey, faults, stats, root, objectResult: () => lastShape === 'object' };

  const handleRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split('?', 1)[0] ?? '';
    if (path === GRAPHQL_PATH) respond(response, await handleApi(apiState, request));
    else if (options.admin === true && path.startsWith('/admin/')) respond(response, await handleAdmin(api, request));
    else respond(response, json(404, { message: 'Not Found' }));
  };
  const apiServer = await listen(host, options.apiPort ?? 0, guarded(handleRequest)).catch(async (error: unknown) => {
    await stop(filesServer);
    throw error;
  });
  const origin = `http://${urlHost}:${apiServer.port}`;

  const api: ExportApi = {
    endpoint: origin + GRAPHQL_PATH,
    apiKey,
    filesUrl,
    adminUrl: `${origin}/admin`,
    faults,
    requests: stats.files,
    operations: stats.operations,
    get apiKeySeenAtFileHost() {
      return stats.apiKeySeenAtFileHost;
    },
    stats: () => structuredClone({ ...stats, exportsCreated: store.created }),
    files: (type) => files.of(type),
    urlPath: urlPathOf,
    setFiles: (type, list) => files.set(type, list),
    setPrefixes: (type, list) => void prefixes.set(type, list),
    startForeignExport: (type) => store.startForeign(type),
    finishExport: (exportId) => store.finish(exportId),
    close: async () => {
      await Promise.all([stop(apiServer), stop(filesServer)]);
    },
  };
  return api;
};
