/**
 * Shopify's bulk operations as an ExportProvider: a GraphQL query that the shop runs as a whole, whose result is one JSONL
 * file behind a URL that lives seven days.
 * https://shopify.dev/docs/api/usage/bulk-operations/queries
 */
import { z } from 'zod';
import type { ShopifySettings } from '../config/provider-settings';
import { LonghaulError } from '../model/errors';
import type { Secret } from '../model/secret';
import { SourceUrl } from '../transfer';
import type { ApiEndpoint } from './api-call';
import { quote } from './api-errors';
import { queryData, type GraphqlCall } from './graphql-client';
import { refuseTypes } from './own-lists';
import { readShape } from './shape';
import { CHECK_DOCUMENT, CURRENT_DOCUMENT, createDocument, GET_DOCUMENT } from './shopify-documents';
import { classifyStatus, type States } from './statuses';
import type { CreateReply, ExportProvider } from './types';

export interface ShopifyOptions extends Pick<ApiEndpoint, 'endpoint' | 'dispatcher'> {
  readonly apiKey: Secret;
  readonly settings: ShopifySettings;
  readonly httpTimeoutMs: number;
}

const STATES: States = {
  CREATED: 'running',
  RUNNING: 'running',
  CANCELING: 'running',
  COMPLETED: 'succeeded',
  FAILED: 'failed',
  CANCELED: 'failed',
  // Its file is gone: seven days have passed.
  EXPIRED: 'failed',
};

/** One operation of an app at a time before API version 2026-01, five since then. */
const CONFLICTS = new Set(['OPERATION_IN_PROGRESS', 'LIMIT_REACHED']);
const IN_PROGRESS = /already in progress/i;

const operation = z.object({
  id: z.string().min(1),
  status: z.string(),
  errorCode: z.string().nullish(),
  // A number of 64 bits, which comes as text.
  objectCount: z.coerce.number(),
  url: z.string().nullish(),
});
const userError = z.object({ message: z.string(), code: z.string().nullish() });
const createdShape = z.object({
  bulkOperationRunQuery: z.object({
    bulkOperation: z.object({ id: z.string().min(1) }).nullish(),
    userErrors: z.array(userError),
  }),
});
const currentShape = z.object({
  currentBulkOperation: z.object({ id: z.string().min(1), status: z.string(), query: z.string() }).nullish(),
});
const foundShape = z.object({ node: operation.nullish() });

const words = (query: string): string => query.replace(/\s+/g, ' ').trim();

/**
 * Promises one HTTP request per call, tried once; two for a create that meets another operation. That one is adopted where
 * it runs the same query, else waited for. partialDataUrl of a failed operation is not used: part of an export is none.
 */
export const createShopifyProvider = (options: ShopifyOptions): ExportProvider => {
  const { endpoint, settings, httpTimeoutMs: timeoutMs } = options;
  const api: ApiEndpoint = { ...options, keyHeaders: (key) => ({ 'X-Shopify-Access-Token': key }) };

  const ask = async <T>(shape: z.ZodType<T>, call: Omit<GraphqlCall, 'timeoutMs'>, signal: AbortSignal): Promise<T> =>
    readShape(shape, await queryData(api, { ...call, timeoutMs }, signal), call.operation);

  /** What runs in our place. */
  const inTheWay = async (signal: AbortSignal): Promise<CreateReply> => {
    const call = { operation: 'the look at the current operation', document: CURRENT_DOCUMENT };
    const { currentBulkOperation: current } = await ask(currentShape, call, signal);
    if (current == null || classifyStatus(STATES, current.status).state !== 'running') {
      throw new LonghaulError('ExportInProgress', 'Other bulk operations of the app are in progress at the shop');
    }
    const isOurs = words(current.query) === words(settings.query) && current.status !== 'CANCELING';
    return { kind: isOurs ? 'adopted' : 'busy', exportId: current.id };
  };

  const get = async (exportId: string, signal: AbortSignal): Promise<z.infer<typeof operation>> => {
    const call = { operation: 'the poll', document: GET_DOCUMENT, variables: { id: exportId } };
    const { node } = await ask(foundShape, call, signal);
    if (node == null) throw new LonghaulError('ApiRejected', `The API knows no bulk operation ${exportId}`);
    return node;
  };

  return {
    name: 'shopify',
    key: `shopify ${endpoint}`,
    exportName: () => `Shopify bulk operation of ${settings.dataset}`,

    async checkAccess(signal) {
      const call = { operation: 'the access check', document: CHECK_DOCUMENT };
      await ask(z.object({ shop: z.object({ id: z.string() }) }), call, signal);
    },

    async createExport(request, signal) {
      refuseTypes('shopify', request);
      const call = { operation: 'the bulk operation', ...createDocument(settings) };
      const { bulkOperation: made, userErrors } = (await ask(createdShape, call, signal)).bulkOperationRunQuery;
      if (made != null) return { kind: 'created', exportId: made.id };
      const conflict = userErrors.some(({ code, message }) => CONFLICTS.has(code ?? '') || IN_PROGRESS.test(message));
      if (conflict) return inTheWay(signal);
      const why = quote(userErrors[0]?.message ?? 'an answer without an operation');
      throw new LonghaulError('ApiRejected', `${new URL(endpoint).host} refuses the bulk operation: ${why}`);
    },

    async pollExport(exportId, signal) {
      const { status, errorCode, objectCount, url } = await get(exportId, signal);
      const judged = classifyStatus(STATES, status);
      const told = { ...judged, status: errorCode == null ? status : `${status} (${errorCode})` };
      if (judged.state !== 'succeeded') return { ...told, recordCount: 0 };
      // Objects without a file would pass for an empty export.
      if (url == null && objectCount > 0) return { ...told, state: 'running', recordCount: 0 };
      return { ...told, recordCount: url == null ? 0 : 1 };
    },

    async listRecords(exportId, signal) {
      const { status, url } = await get(exportId, signal);
      const { state } = classifyStatus(STATES, status);
      if (state !== 'succeeded') {
        const code = state === 'failed' ? 'ExportFailed' : 'ExportInProgress';
        throw new LonghaulError(code, `Bulk operation ${exportId} has the status ${status.slice(0, 40)}`);
      }
      const fileName = `${settings.dataset.split('/').at(-1) ?? settings.dataset}.jsonl`;
      const { dataset } = settings;
      // The path of its URL holds random text and no name: the one file of the operation is called after its data set.
      return url == null ? [] : [{ kind: 'url', dataset, url: new SourceUrl(url), fileName, ref: fileName }];
    },

    // A query that finds nothing has no URL.
    mayBeEmpty: () => true,
  };
};
