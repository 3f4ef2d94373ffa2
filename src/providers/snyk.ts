/**
 * The Snyk Export API as an ExportProvider: a job for a data set of a group or an organization, whose results are CSV
 * files behind URLs that live an hour.
 * https://docs.snyk.io/snyk-api/using-specific-snyk-apis/export-api-specifications-columns-and-filters
 */
import { z } from 'zod';
import type { SnykSettings } from '../config/provider-settings';
import { LonghaulError } from '../model/errors';
import type { Secret } from '../model/secret';
import { SourceUrl } from '../transfer';
import type { ApiCall, ApiEndpoint } from './api-call';
import { quote } from './api-errors';
import { refuseTypes } from './own-lists';
import { callJson } from './rest-client';
import { readShape } from './shape';
import { classifyStatus, type States } from './statuses';
import type { ExportProvider } from './types';

export interface SnykOptions extends Pick<ApiEndpoint, 'endpoint' | 'dispatcher'> {
  readonly apiKey: Secret;
  readonly settings: SnykSettings;
  readonly httpTimeoutMs: number;
  readonly now?: () => number;
}

const STATES: States = { PENDING: 'running', STARTED: 'running', FINISHED: 'succeeded', ERROR: 'failed' };
const DAY_MS = 24 * 60 * 60_000;
const MAX_REASON = 80;

const created = z.object({ data: z.object({ id: z.string().min(1) }) });
const results = z.array(z.object({ url: z.string() }));
const job = z.object({
  data: z.object({
    attributes: z.object({
      status: z.string(),
      // Beside ERROR, in words that may change.
      error: z.unknown().optional(),
      results: results.nullish(),
    }),
  }),
});
const resultPage = z.object({ data: z.object({ attributes: z.object({ results: results.nullish() }) }) });

/** `2026-11-21` is the beginning of that day; Snyk takes whole seconds alone. */
const instant = (text: string): string => `${new Date(text).toISOString().slice(0, 19)}Z`;

/**
 * Promises one HTTP request per call, tried once (two for the poll that finds the job finished). A create whose answer was
 * lost makes another job when it is called again: Snyk names none that is under way. Each counts against 20 an hour.
 */
export const createSnykProvider = (options: SnykOptions): ExportProvider => {
  const { endpoint, settings, httpTimeoutMs, now = Date.now } = options;
  const scope =
    settings.groupId === null
      ? `orgs/${encodeURIComponent(settings.orgId ?? '')}`
      : `groups/${encodeURIComponent(settings.groupId)}`;
  const api: ApiEndpoint = { ...options, keyHeaders: (key) => ({ Authorization: `token ${key}` }) };

  const call = (operation: string, path: string, body?: unknown): ApiCall => {
    const url = new URL(`${endpoint.replace(/\/+$/, '')}/${path}`);
    url.searchParams.set('version', settings.apiVersion);
    const headers = { Accept: 'application/vnd.api+json' };
    const common = { operation, url, timeoutMs: httpTimeoutMs };
    if (body === undefined) return { ...common, method: 'GET', headers };
    const type = { 'Content-Type': 'application/vnd.api+json' };
    return { ...common, method: 'POST', headers: { ...headers, ...type }, body: JSON.stringify(body) };
  };

  const filters = (): Record<string, unknown> => {
    const from = settings.from ?? new Date(now() - settings.windowDays * DAY_MS).toISOString();
    const dates = { from: instant(from), to: instant(settings.to ?? new Date(now()).toISOString()) };
    return { ...settings.filters, [settings.dateFilter]: dates };
  };

  const resultsOf = async (exportId: string, signal: AbortSignal): Promise<z.infer<typeof results>> => {
    const path = `${scope}/export/${encodeURIComponent(exportId)}`;
    const answer = await callJson(api, call('the results', path), signal);
    return readShape(resultPage, answer, 'the results').data.attributes.results ?? [];
  };

  return {
    name: 'snyk',
    key: ['snyk', endpoint, scope].join(' '),
    exportName: () => `Snyk export of ${settings.dataset}`,

    async checkAccess(signal) {
      readShape(
        z.object({ data: z.unknown() }),
        await callJson(api, call('the access check', 'self'), signal),
        'the access check',
      );
    },

    async createExport(request, signal) {
      refuseTypes('snyk', request);
      const attributes = {
        dataset: settings.dataset,
        formats: ['csv'],
        destination: { type: 'snyk' },
        filters: filters(),
        ...(settings.columns === null ? {} : { columns: settings.columns }),
      };
      const create = call('the export', `${scope}/export`, { data: { type: 'resource', attributes } });
      const answer = await callJson(api, create, signal).catch((error: unknown) => {
        if (!(error instanceof LonghaulError) || error.context.httpStatus !== 409) throw error;
        throw new LonghaulError('ExportInProgress', error.message, error.context, { cause: error });
      });
      return { kind: 'created', exportId: readShape(created, answer, 'the export').data.id };
    },

    async pollExport(exportId, signal) {
      const answer = await callJson(
        api,
        call('the poll', `${scope}/jobs/export/${encodeURIComponent(exportId)}`),
        signal,
      );
      const { attributes } = readShape(job, answer, 'the poll').data;
      const judged = classifyStatus(STATES, attributes.status);
      const reason = judged.state === 'failed' && attributes.error != null ? `: ${reasonOf(attributes.error)}` : '';
      const found = attributes.results ?? (judged.state === 'succeeded' ? await resultsOf(exportId, signal) : []);
      return { ...judged, status: attributes.status + reason, recordCount: found.length };
    },

    async listRecords(exportId, signal) {
      const found = await resultsOf(exportId, signal);
      return found.map(({ url }) => ({ kind: 'url', dataset: settings.dataset, url: new SourceUrl(url) }));
    },

    // A window in which nothing has changed.
    mayBeEmpty: () => true,
  };
};

const reasonOf = (error: unknown): string =>
  quote(typeof error === 'string' ? error : JSON.stringify(error)).slice(0, MAX_REASON);
