/**
 * A sample of the Snyk Export API as its documentation has it: jobs of a group or an organization, 20 an hour, results
 * behind URLs that live an hour, errors as JSON:API writes them.
 */
import { z } from 'zod';
import { json, type Reply } from '../export-api/http';
import type { ApiOperation } from '../export-api/stats';
import { JobScript } from './job-script';
import { startVendor, type ApiRequest, type SampleVendor, type VendorOptions } from './vendor';

export interface SnykServer extends SampleVendor {
  /** `…/rest`. */
  readonly endpoint: string;
  readonly groupId: string;
  readonly jobs: JobScript;
  /** Beside the status ERROR. */
  failure: string;
  /** Exports that may still be created in this hour. */
  allowance: number;
}

const URL_LIFETIME_MS = 60 * 60_000;
const EXPORTS_AN_HOUR = 20;
const HOUR_SEC = 3600;
const GROUP_ID = '6a1f0b6e-7d0c-4c5b-9d43-0a2f1f6f3d10';

const dates = z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() });
const filterValues = z.union([dates, z.array(z.union([z.string(), z.boolean()]))]);
const exportRequest = z.object({
  data: z.object({
    type: z.literal('resource'),
    attributes: z.strictObject({
      dataset: z.enum(['issues', 'usage', 'pr_checks']),
      formats: z.tuple([z.literal('csv')]),
      destination: z.object({ type: z.literal('snyk') }),
      columns: z.array(z.string()).optional(),
      filters: z
        .record(z.string(), filterValues)
        .refine((filters) => 'updated' in filters || 'introduced' in filters, 'a date filter is required'),
    }),
  }),
});

const refusal = (status: number, detail: string, headers: Record<string, string> = {}): Reply => {
  const body = { jsonapi: { version: '1.0' }, errors: [{ status: String(status), detail }] };
  return { status, headers: { 'Content-Type': 'application/vnd.api+json', ...headers }, body: JSON.stringify(body) };
};

const resource = (status: number, id: string, attributes: unknown): Reply =>
  json(status, { jsonapi: { version: '1.0' }, data: { id, type: 'resource', attributes } });

const operationOf = ({ method, url }: ApiRequest): ApiOperation => {
  if (url.pathname.endsWith('/self')) return 'check';
  return method === 'POST' ? 'create' : 'poll';
};

export const startSnykServer = async (options: Partial<VendorOptions> = {}): Promise<SnykServer> => {
  const jobs = new JobScript(['PENDING', 'STARTED', 'FINISHED']);
  const state = { jobs, groupId: GROUP_ID, failure: 'the query took too long', allowance: EXPORTS_AN_HOUR };

  const create = (body: string): Reply => {
    if (server.allowance === 0) {
      return refusal(429, 'Too many requests', { 'retry-after': String(HOUR_SEC) });
    }
    const parsed = exportRequest.safeParse(JSON.parse(body));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return refusal(400, `${issue?.path.join('/') ?? ''}: ${issue?.message ?? ''}`);
    }
    server.allowance -= 1;
    const { id, status } = jobs.create(parsed.data.data.attributes);
    return resource(202, id, { status, created: new Date().toISOString(), formats: ['csv'] });
  };

  const status = (id: string): Reply => {
    const job = jobs.poll(id);
    if (job === undefined) return refusal(404, 'Export not found');
    const failed = job.status === 'ERROR' ? { error: server.failure } : {};
    return resource(200, id, { status: job.status, formats: ['csv'], ...failed });
  };

  const results = (id: string): Reply => {
    const job = jobs.get(id);
    if (job?.status !== 'FINISHED') return refusal(404, 'Export not found');
    const found = server.files.map((file, n) => ({
      url: server.sign(file),
      file_size: file.sizeBytes,
      row_count: n + 1,
    }));
    return resource(200, id, { status: 'FINISHED', results: found });
  };

  const answer = ({ method, url, headers, body }: ApiRequest): Reply => {
    if (headers.authorization !== `token ${server.apiKey}`) return refusal(401, 'Not authorised');
    if (!/^\d{4}-\d{2}-\d{2}$/.test(url.searchParams.get('version') ?? '')) {
      return refusal(400, "query must have required property 'version'");
    }
    const path = url.pathname.replace(/^\/rest\//, '');
    if (path === 'self' && method === 'GET') return resource(200, 'user', { name: 'sample' });
    const [, scope, rest] = /^(groups\/[^/]+|orgs\/[^/]+)\/(.*)$/.exec(path) ?? [];
    if (scope === undefined || rest === undefined) return refusal(404, 'Not found');
    if (scope !== `groups/${server.groupId}` && scope !== 'orgs/sample-org') return refusal(403, 'Forbidden');
    if (method === 'POST' && rest === 'export') {
      return headers['content-type'] === 'application/vnd.api+json' ? create(body) : refusal(415, 'Unsupported');
    }
    const [, kind, id] = /^(export|jobs\/export)\/([^/]+)$/.exec(rest) ?? [];
    if (method !== 'GET' || id === undefined) return refusal(405, 'Method not allowed');
    return kind === 'export' ? results(id) : status(id);
  };

  const vendor = await startVendor({ urlLifetimeMs: URL_LIFETIME_MS, ...options }, () => ({
    operation: operationOf,
    answer,
  }));
  const server: SnykServer = Object.assign(vendor, state, { endpoint: `${vendor.origin}/rest` });
  return server;
};
