/** The sample API and a provider that talks to it over HTTP. */
import { startExportApi, type ExportApi, type ExportApiOptions } from '../../src/dev/export-api';
import { Secret } from '../../src/model/secret';
import { createRapid7Provider, type Rapid7Options } from '../../src/providers/rapid7';
import type { ExportProvider } from '../../src/providers/types';

export const signal = new AbortController().signal;

export const providerFor = (api: ExportApi, options: Partial<Rapid7Options> = {}): ExportProvider =>
  createRapid7Provider({
    endpoint: api.endpoint,
    apiKey: new Secret(api.apiKey),
    organizationId: null,
    httpTimeoutMs: 5_000,
    ...options,
  });

export interface Sample {
  readonly api: ExportApi;
  readonly provider: ExportProvider;
}

/** One API for a test file; its scripts are cleared after each test. */
export const useSample = (options: ExportApiOptions = {}): Sample => {
  let api: ExportApi | undefined;
  const started = (): ExportApi => {
    if (api === undefined) throw new Error('The sample API has not been started');
    return api;
  };
  beforeAll(async () => {
    api = await startExportApi({ statusDurationsMs: { pendingMs: 0, runningMs: 0 }, ...options });
  });
  afterEach(() => started().faults.clear());
  afterAll(() => api?.close());
  return {
    get api() {
      return started();
    },
    get provider() {
      return providerFor(started());
    },
  };
};
