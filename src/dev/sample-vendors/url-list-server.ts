/**
 * A sample server of lists: `GET /list.json` names files at another host by URLs that are signed for minutes and signed
 * anew for each answer. Asks for a bearer token where it has a key.
 */
import { json } from '../export-api/http';
import type { SampleFile } from '../export-api/types';
import { startVendor, type SampleVendor, type VendorOptions } from './vendor';

export interface UrlListServer extends SampleVendor {
  /** Of the document. */
  readonly endpoint: string;
}

export interface UrlListServerOptions extends Partial<VendorOptions> {
  /** False: everybody may read the list. Default true. */
  readonly needsKey?: boolean;
  /** The document that names these files; default: `{"urls": [{"url", "dataset"}]}`. */
  readonly document?: (files: readonly SampleFile[], sign: (file: SampleFile) => string) => unknown;
}

const URL_LIFETIME_MS = 15 * 60_000;

export const startUrlListServer = async (options: UrlListServerOptions = {}): Promise<UrlListServer> => {
  const document =
    options.document ??
    ((files, sign): unknown => ({ urls: files.map((file) => ({ url: sign(file), dataset: file.dataset })) }));
  const vendor = await startVendor({ urlLifetimeMs: URL_LIFETIME_MS, ...options }, (self) => ({
    operation: () => 'poll',
    answer: ({ method, url, headers }) => {
      if (options.needsKey !== false && headers.authorization !== `Bearer ${self.apiKey}`) {
        return json(401, { message: 'Unauthorized' });
      }
      if (url.pathname !== '/list.json') return json(404, { message: 'Not Found' });
      if (method !== 'GET') return json(405, { message: 'Method Not Allowed' });
      return json(
        200,
        document(self.files, (file) => self.sign(file)),
      );
    },
  }));
  return Object.assign(vendor, { endpoint: `${vendor.origin}/list.json` });
};
