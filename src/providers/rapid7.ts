/** The Rapid7 Bulk Export API as an ExportProvider. */
import { LonghaulError } from '../model/errors';
import type { ExportRequest } from '../model/export-run';
import type { Secret } from '../model/secret';
import type { ApiEndpoint } from './api-call';
import { queryData, sendDocument } from './graphql-client';
import { CHECK_DOCUMENT, CREATE_DOCUMENTS, GET_EXPORT_DOCUMENT } from './rapid7-documents';
import { checkDates } from './remediation-window';
import { countRecords, parseExport, recordsOf, type VendorExport } from './result-shape';
import { classifyStatus, RAPID7_STATES } from './statuses';
import type { CreateReply, ExportProvider } from './types';

export interface Rapid7Options extends Pick<ApiEndpoint, 'endpoint' | 'dispatcher'> {
  readonly apiKey: Secret;
  readonly organizationId: string | null;
  readonly httpTimeoutMs: number;
}

/** The vendor has been seen to take 60 to 90 s to answer a create. */
const CREATE_TIMEOUT_MS = 120_000;

/** The vendor gives the id of the export in flight in the text alone; there is no code for it. */
const IN_PROGRESS = /already in[- ]progress/i;
const IN_PROGRESS_ID = /exportId:\s*([A-Za-z0-9+/_-]+=*)/i;

const field = (data: unknown, name: string): unknown =>
  typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : undefined;

/** What an export in flight means for us: snapshots are alike, a remediation export may cover other dates. */
const inFlight = (request: ExportRequest, exportId: string): CreateReply => ({
  kind: request.type === 'remediation' ? 'busy' : 'adopted',
  exportId,
});

/**
 * Promises one HTTP request per call, tried once. A create whose answer was lost (ApiUnreachable, ApiUnavailable) is
 * to be called again: the vendor then names the export in flight, which is adopted, or 'busy' for remediation.
 * `createExport` waits at least CREATE_TIMEOUT_MS for the answer, the others `httpTimeoutMs`.
 */
export const createRapid7Provider = (options: Rapid7Options): ExportProvider => {
  const { httpTimeoutMs, organizationId } = options;
  const api: ApiEndpoint = {
    ...options,
    keyHeaders: (key) => ({
      'X-Api-Key': key,
      ...(organizationId === null ? {} : { 'R7-Organization-Id': organizationId }),
    }),
  };

  const getExport = async (exportId: string, signal: AbortSignal): Promise<VendorExport> => {
    const call = {
      operation: 'the poll',
      document: GET_EXPORT_DOCUMENT,
      variables: { id: exportId },
      timeoutMs: httpTimeoutMs,
    };
    return parseExport(await queryData(api, call, signal), exportId);
  };

  return {
    name: 'rapid7',
    key: ['rapid7', options.endpoint, organizationId ?? ''].join(' '),

    async checkAccess(signal) {
      const call = { operation: 'the access check', document: CHECK_DOCUMENT, timeoutMs: httpTimeoutMs };
      const data = await queryData(api, call, signal);
      if (typeof field(data, '__typename') !== 'string') {
        throw new LonghaulError('ApiProtocol', `${new URL(options.endpoint).host} does not answer as GraphQL does`);
      }
    },

    async createExport(request, signal) {
      checkDates(request);
      const { document, field: name, variables } = CREATE_DOCUMENTS[request.type];
      const timeoutMs = Math.max(httpTimeoutMs, CREATE_TIMEOUT_MS);
      const call = { operation: `the ${request.type} export`, document, variables: variables(request), timeoutMs };
      const reply = await sendDocument(api, call, signal);
      if (reply.kind === 'errors') {
        const conflict = reply.errors.find(({ message }) => IN_PROGRESS.test(message));
        if (conflict === undefined) throw reply.toError();
        const exportId = IN_PROGRESS_ID.exec(conflict.message)?.[1];
        if (exportId !== undefined) return inFlight(request, exportId);
        throw new LonghaulError('ExportInProgress', `Another ${request.type} export is in progress, its id not named`);
      }
      const exportId = field(field(reply.data, name), 'id');
      if (typeof exportId !== 'string' || exportId === '') {
        throw new LonghaulError('ApiProtocol', `The answer to the ${request.type} export names no id`);
      }
      return { kind: 'created', exportId };
    },

    async pollExport(exportId, signal) {
      const found = await getExport(exportId, signal);
      return { ...classifyStatus(RAPID7_STATES, found.status), status: found.status, recordCount: countRecords(found) };
    },

    async listRecords(exportId, signal) {
      const found = await getExport(exportId, signal);
      const { state } = classifyStatus(RAPID7_STATES, found.status);
      if (state === 'failed') {
        throw new LonghaulError('ExportFailed', `Export ${exportId} has the status ${found.status.slice(0, 40)}`);
      }
      if (state === 'running') {
        throw new LonghaulError(
          'ExportInProgress',
          `Export ${exportId} has no records yet: ${found.status.slice(0, 40)}`,
        );
      }
      return recordsOf(found);
    },

    exportName: ({ type }) => `${type} export`,
    mayBeEmpty: (request) => request.type === 'remediation',
  };
};
