/** The admin endpoint: what tests in the same process do with objects, others do with `POST /admin/script`. */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { EXPORT_TYPES } from '../../model/export-run';
import { json, readBody, type Reply } from './http';
import { generatedRecords } from './samples';
import { API_OPERATIONS } from './stats';
import type { ExportApi } from './types';

const count = z.number().int().nonnegative();
const type = z.enum(EXPORT_TYPES);
const anyFault = {
  times: count.exactOptional(),
  always: z.boolean().exactOptional(),
  delayMs: count.exactOptional(),
  status: count.exactOptional(),
  headers: z.record(z.string(), z.string()).exactOptional(),
  body: z.string().exactOptional(),
  reset: z.boolean().exactOptional(),
};
const apiFault = z.strictObject({
  ...anyFault,
  on: z.enum(API_OPERATIONS).exactOptional(),
  errors: z.array(z.strictObject({ message: z.string(), code: z.string().exactOptional() })).exactOptional(),
  lostAnswer: z.boolean().exactOptional(),
});
const fileFault = z.strictObject({
  ...anyFault,
  path: z.string().exactOptional(),
  atByte: count.exactOptional(),
  cutAfterBytes: count.exactOptional(),
  stallAfterBytes: count.exactOptional(),
  truncateToBytes: count.exactOptional(),
  changeVersion: z.boolean().exactOptional(),
  redirectTo: z.string().exactOptional(),
  ignoreRange: z.boolean().exactOptional(),
  replaceHeaders: z.record(z.string(), z.string().nullable()).exactOptional(),
  bytesPerSec: z.number().positive().exactOptional(),
});
const content = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('disk'), file: z.string() }),
  z.strictObject({ kind: z.literal('generated'), seed: count }),
]);
const file = z.strictObject({ dataset: z.string(), path: z.string(), sizeBytes: count, content });

const command = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('apiFault'), fault: apiFault }),
  z.strictObject({ action: z.literal('fileFault'), fault: fileFault }),
  z.strictObject({ action: z.literal('statuses'), type, words: z.array(z.string()) }),
  z.strictObject({ action: z.literal('resultShape'), type, shape: z.enum(['list', 'object', 'empty', 'null']) }),
  z.strictObject({ action: z.literal('urlLifetime'), lifetimeMs: count }),
  z.strictObject({ action: z.literal('changeVersion'), path: z.string() }),
  z.strictObject({ action: z.literal('expireUrls') }),
  z.strictObject({ action: z.literal('clear') }),
  z.strictObject({ action: z.literal('files'), type, files: z.array(file) }),
  z.strictObject({ action: z.literal('generatedFiles'), type, count, sizeBytes: count }),
  z.strictObject({ action: z.literal('prefixes'), type, prefixes: z.array(z.string()) }),
  z.strictObject({ action: z.literal('startForeignExport'), type }),
  z.strictObject({ action: z.literal('finishExport'), exportId: z.string() }),
]);

export type AdminCommand = z.infer<typeof command>;

/** Does what the command says; the value is the answer's body. */
const run = (api: ExportApi, call: AdminCommand): Record<string, unknown> => {
  switch (call.action) {
    case 'apiFault':
      api.faults.api(call.fault);
      break;
    case 'fileFault':
      api.faults.file(call.fault);
      break;
    case 'statuses':
      api.faults.statuses(call.type, call.words);
      break;
    case 'resultShape':
      api.faults.resultShape(call.type, call.shape);
      break;
    case 'urlLifetime':
      api.faults.urlLifetimeMs = call.lifetimeMs;
      break;
    case 'changeVersion':
      api.faults.changeVersion(call.path);
      break;
    case 'expireUrls':
      api.faults.expireUrls();
      break;
    case 'clear':
      api.faults.clear();
      break;
    case 'files':
      api.setFiles(call.type, call.files);
      break;
    case 'generatedFiles':
      api.setFiles(call.type, generatedRecords(call.count, call.sizeBytes));
      break;
    case 'prefixes':
      api.setPrefixes(call.type, call.prefixes);
      break;
    case 'startForeignExport':
      return { exportId: api.startForeignExport(call.type) };
    case 'finishExport':
      api.finishExport(call.exportId);
      break;
  }
  return {};
};

/** `GET /admin/stats` and `POST /admin/script`; both need the API key, because the port may be reachable by others. */
export const handleAdmin = async (api: ExportApi, request: IncomingMessage): Promise<Reply> => {
  if (request.headers['x-api-key'] !== api.apiKey) return json(401, { message: 'Unauthorized' });
  const target = `${request.method ?? ''} ${request.url ?? ''}`;
  if (target === 'GET /admin/stats') return json(200, api.stats());
  if (target !== 'POST /admin/script') return json(404, { message: 'Not Found' });
  try {
    return json(200, run(api, command.parse(JSON.parse(await readBody(request)))));
  } catch (error) {
    return json(400, { message: error instanceof Error ? error.message : String(error) });
  }
};
