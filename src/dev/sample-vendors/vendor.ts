/**
 * What sample vendors have in common: an API and a file host of another origin in this process, scripted faults, URLs
 * that are signed and expire, and a look-out for the key where it does not belong. A vendor adds its contract.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { FaultBook } from '../export-api/faults';
import { FileStore, urlPathOf } from '../export-api/file-store';
import { handleFile } from '../export-api/files-server';
import { guarded, listen, pause, readBody, respond, stop, type Reply } from '../export-api/http';
import { UrlSigner } from '../export-api/signing';
import { emptyStats, type ApiOperation, type Stats } from '../export-api/stats';
import type { SampleFile } from '../export-api/types';

export interface ApiRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One vendor's contract. */
export interface Contract {
  /** What a request asks for, so that a fault can be meant for it. */
  readonly operation: (request: ApiRequest) => ApiOperation;
  /** The honest answer, a wrong key included. */
  readonly answer: (request: ApiRequest) => Reply | Promise<Reply>;
}

export interface VendorOptions {
  readonly apiKey?: string;
  readonly files?: readonly SampleFile[];
  readonly urlLifetimeMs: number;
}

export interface SampleVendor {
  /** Of the API: `http://127.0.0.1:<port>`. */
  readonly origin: string;
  readonly filesUrl: string;
  readonly apiKey: string;
  readonly faults: FaultBook;
  readonly stats: Stats;
  files: readonly SampleFile[];
  /** A URL of one of the files that is valid from now on. */
  sign(file: SampleFile): string;
  /** Under which the file host serves it. */
  urlPath(file: SampleFile): string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const GROUP = 'export';

/** @param contractOf is called once, before the servers listen: what it answers with may use the vendor. */
export const startVendor = async (
  options: VendorOptions,
  contractOf: (vendor: SampleVendor) => Contract,
): Promise<SampleVendor> => {
  const apiKey = options.apiKey ?? `sample-${randomBytes(12).toString('hex')}`;
  const stats = emptyStats();
  const store = new FileStore();
  const faults = new FaultBook({
    changeVersion: (path) => store.changeVersion(path),
    expireUrls: () => signer.expireAll(),
  });
  const signer = new UrlSigner(() => faults.urlLifetimeMs ?? options.urlLifetimeMs);
  store.set(GROUP, options.files ?? []);

  const serveFile = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (JSON.stringify(request.headers).includes(apiKey)) stats.apiKeySeenAtFileHost = true;
    await handleFile({ files: store, signer, faults, stats }, request, response);
  };
  const filesServer = await listen(HOST, 0, guarded(serveFile));

  const handleApi = async (request: IncomingMessage): Promise<Reply> => {
    const call: ApiRequest = {
      method: request.method ?? '',
      url: new URL(request.url ?? '/', vendor.origin),
      headers: request.headers,
      body: await readBody(request),
    };
    const operation = contract.operation(call);
    stats.operations[operation] += 1;
    const fault = faults.takeApi(operation);
    if (fault?.delayMs !== undefined) await pause(fault.delayMs);
    if (fault?.reset === true) return 'break';
    if (fault?.status !== undefined) {
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' };
    }
    const reply = await contract.answer(call);
    return fault?.lostAnswer === true ? 'break' : reply;
  };
  const apiServer = await listen(
    HOST,
    0,
    guarded(async (request, response) => respond(response, await handleApi(request))),
  );

  const filesUrl = `http://${HOST}:${filesServer.port}`;
  const vendor: SampleVendor = {
    origin: `http://${HOST}:${apiServer.port}`,
    filesUrl,
    apiKey,
    faults,
    stats,
    get files() {
      return store.of(GROUP);
    },
    set files(files) {
      store.set(GROUP, files);
    },
    sign: (file) => signer.sign(filesUrl + urlPathOf(GROUP, file)),
    urlPath: (file) => urlPathOf(GROUP, file),
    close: async () => {
      await Promise.all([stop(apiServer), stop(filesServer)]);
    },
  };
  const contract = contractOf(vendor);
  return vendor;
};
