/**
 * A sample of Shopify's bulk operations: a GraphQL API with a bucket of points, a limit of operations at a time, and one
 * JSONL file for each operation, behind a URL that is good for seven days and says nothing of its name.
 */
import { graphql, type ExecutionResult } from 'graphql';
import { json, type Reply } from '../export-api/http';
import type { ApiOperation } from '../export-api/stats';
import { JobScript, type SampleJob } from './job-script';
import { PointBucket } from './point-bucket';
import { shopifySchema } from './shopify-schema';
import { startVendor, type ApiRequest, type SampleVendor, type VendorOptions } from './vendor';

export interface ShopifyServer extends SampleVendor {
  readonly endpoint: string;
  readonly jobs: JobScript;
  readonly points: PointBucket;
  /** Operations at a time: 1 before API version 2026-01, 5 since then. */
  limit: number;
  /** Beside the status FAILED. */
  errorCode: string;
  /** Of an operation whose file is the first of the vendor's. */
  objectCount: number;
}

const URL_LIFETIME_MS = 7 * 24 * 60 * 60_000;
const PATH = '/admin/api/2026-07/graphql.json';
const RUNNING = new Set(['CREATED', 'RUNNING', 'CANCELING']);
/** What a document costs, in points. */
const QUERY_POINTS = 1;
const MUTATION_POINTS = 10;

const kindOf = ({ body }: ApiRequest): ApiOperation => {
  if (body.includes('bulkOperationRunQuery')) return 'create';
  return body.includes('GetBulkOperation') ? 'poll' : body.includes('shop {') ? 'check' : 'other';
};

const parse = (body: string): { query: string; variables?: Record<string, unknown> } | undefined => {
  try {
    const value: unknown = JSON.parse(body);
    const isQuery = typeof value === 'object' && value !== null && 'query' in value && typeof value.query === 'string';
    return isQuery ? (value as { query: string }) : undefined;
  } catch {
    return undefined;
  }
};

export const startShopifyServer = async (options: Partial<VendorOptions> = {}): Promise<ShopifyServer> => {
  const jobs = new JobScript(['CREATED', 'RUNNING', 'COMPLETED']);
  const points = new PointBucket();
  let count = 0;

  const running = (): SampleJob[] => jobs.all.filter(({ status }) => RUNNING.has(status));
  const shown = (job: SampleJob | undefined): unknown => {
    if (job === undefined) return null;
    const [file] = server.files;
    const isDone = job.status === 'COMPLETED' && file !== undefined;
    return {
      __typename: 'BulkOperation',
      id: job.id,
      status: job.status,
      query: job.request,
      errorCode: job.status === 'FAILED' ? server.errorCode : null,
      objectCount: String(isDone ? server.objectCount : 0),
      url: isDone ? server.sign(file) : null,
    };
  };
  const refused = (code: string, message: string): unknown => ({
    bulkOperation: null,
    userErrors: [{ field: null, code, message }],
  });

  const root = {
    shop: { id: 'gid://shopify/Shop/1' },
    node: ({ id }: { id: string }) => shown(jobs.poll(id)),
    currentBulkOperation: () => shown(jobs.all.at(-1)),
    bulkOperationRunQuery: ({ query }: { query: string }) => {
      const [first] = running();
      if (running().length >= server.limit && first !== undefined) {
        const message = `A bulk query operation for this app and shop is already in progress: ${first.id}.`;
        return server.limit === 1
          ? refused('OPERATION_IN_PROGRESS', message)
          : refused('LIMIT_REACHED', 'Bulk operations limit reached. Please try again later.');
      }
      if (!/^\s*\{[^]*edges[^]*\}\s*$/.test(query))
        return refused('INVALID', 'Bulk queries must contain a connection.');
      count += 1;
      return { bulkOperation: shown(jobs.create(query, `gid://shopify/BulkOperation/${count}`)), userErrors: [] };
    },
  };

  const present = (result: ExecutionResult, cost: unknown): Reply => {
    const errors = result.errors?.map(({ message, extensions }) => ({ message, extensions }));
    return json(200, { ...(errors === undefined ? { data: result.data } : { errors }), extensions: { cost } });
  };

  const answer = async ({ method, url, headers, body }: ApiRequest): Promise<Reply> => {
    if (url.pathname !== PATH) return json(404, { errors: 'Not Found' });
    if (headers['x-shopify-access-token'] !== server.apiKey) {
      return json(401, { errors: '[API] Invalid API key or access token (unrecognized login or wrong password)' });
    }
    const call = parse(body);
    if (method !== 'POST' || call === undefined) return json(400, { errors: 'Required parameter missing or invalid' });
    const price = call.query.startsWith('mutation') ? MUTATION_POINTS : QUERY_POINTS;
    const paid = points.take(price);
    const cost = { requestedQueryCost: price, actualQueryCost: paid ? price : null, throttleStatus: points.status() };
    if (!paid) {
      return json(200, { errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }], extensions: { cost } });
    }
    const result = await graphql({
      schema: shopifySchema,
      source: call.query,
      rootValue: root,
      variableValues: call.variables ?? null,
    });
    return present(result, cost);
  };

  const vendor = await startVendor({ urlLifetimeMs: URL_LIFETIME_MS, ...options }, () => ({
    operation: kindOf,
    answer,
  }));
  const server: ShopifyServer = Object.assign(vendor, {
    endpoint: vendor.origin + PATH,
    jobs,
    points,
    limit: 1,
    errorCode: 'TIMEOUT',
    objectCount: 10,
  });
  return server;
};
