/** A list of URLs as an ExportProvider: in config.json, in an object of S3, or at an HTTP address. */
import type { S3Client } from '@aws-sdk/client-s3';
import type { ListedUrl, UrlListSettings } from '../config/provider-settings';
import { LonghaulError } from '../model/errors';
import { createS3Destination, getSmall, parseS3Uri } from '../transfer';
import type { ApiEndpoint } from './api-call';
import { listId, refuseTypes } from './own-lists';
import { callJson } from './rest-client';
import type { ExportProvider, UrlExportRecord } from './types';
import { parseUrlList, urlRecords } from './url-entries';

export interface UrlListOptions extends Pick<ApiEndpoint, 'apiKey' | 'dispatcher'> {
  /** Of the document; null: the settings hold the list, or name an object of S3. */
  readonly endpoint: string | null;
  readonly settings: UrlListSettings;
  readonly s3: S3Client;
  readonly httpTimeoutMs: number;
}

const parseJson = (text: string, where: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new LonghaulError('RecordInvalid', `${where} is not JSON`);
  }
};

/** A signature in a file would expire there, and config.json is no place for secrets but those that it names. */
const refuseSigned = (records: readonly UrlExportRecord[]): void => {
  const signed = records.find(({ url }) => url.isSigned);
  if (signed === undefined) return;
  throw new LonghaulError(
    'ConfigInvalid',
    `url_list.urls: ${signed.url.display} carries a signature; name a document that gives it instead`,
  );
};

/**
 * The list is read anew whenever it is asked for, so that a document may sign its URLs for minutes: a transfer whose URL
 * has expired gets the one that the document gives then. The export's id follows from the records, not from signatures.
 * `api_.api_key` is sent to the document's host as a bearer token, and to nobody else.
 */
export const createUrlListProvider = (options: UrlListOptions): ExportProvider => {
  const { endpoint, settings, s3, apiKey, httpTimeoutMs } = options;

  const fetchList = async (url: string, signal: AbortSignal): Promise<ListedUrl[]> => {
    const to: ApiEndpoint = {
      ...options,
      endpoint: url,
      keyHeaders: (key) => (apiKey === null ? {} : { Authorization: `Bearer ${key}` }),
    };
    const call = {
      operation: 'the list of URLs',
      method: 'GET',
      url: new URL(url),
      headers: { Accept: 'application/json' },
      timeoutMs: httpTimeoutMs,
    } as const;
    return parseUrlList(await callJson(to, call, signal), url);
  };

  const readObject = async (uri: string, signal: AbortSignal): Promise<ListedUrl[]> => {
    const { bucket, key } = parseS3Uri(uri);
    const content = await getSmall(createS3Destination({ client: s3, bucket }), key, { signal, side: 'source' });
    return parseUrlList(parseJson(content.toString('utf8'), uri), uri);
  };

  const read = async (signal: AbortSignal): Promise<UrlExportRecord[]> => {
    if (settings.urls !== null) {
      const records = urlRecords(settings.urls, settings.dataset);
      refuseSigned(records);
      return records;
    }
    const place = settings.document ?? endpoint;
    if (place === null) throw new LonghaulError('ConfigInvalid', 'The provider url-list has no list');
    const listed = settings.document === null ? await fetchList(place, signal) : await readObject(place, signal);
    return urlRecords(listed, settings.dataset);
  };

  return {
    name: 'url-list',
    key: JSON.stringify(['url-list', endpoint ?? settings.document, settings.dataset, settings.urls]),
    exportName: () => 'list of URLs',

    async checkAccess(signal) {
      await read(signal);
    },

    async createExport(request, signal) {
      refuseTypes('url-list', request);
      const records = await read(signal);
      return {
        kind: 'created',
        exportId: listId(
          'list',
          records.map(({ dataset, ref }) => [dataset, ref]),
        ),
      };
    },

    async pollExport(_exportId, signal) {
      const { length } = await read(signal);
      return { state: 'succeeded', status: 'LISTED', recordCount: length, unknownStatus: false };
    },

    listRecords: (_exportId, signal) => read(signal),
    mayBeEmpty: () => false,
  };
};
