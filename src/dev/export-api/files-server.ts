/** The file host of the sample vendor: presigned GETs, ranges, validators and errors as S3 gives them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendBody } from './file-body';
import { isPublicPath, type FileStore, type ServedFile } from './file-store';
import type { Armed, FaultBook, FileFault } from './faults';
import { pause, respond, xmlError, type Reply } from './http';
import { parseRange, type RangeRequest } from './ranges';
import type { SignatureVerdict, UrlSigner } from './signing';
import { fileStats, type Stats } from './stats';

export interface FilesState {
  readonly files: FileStore;
  readonly signer: UrlSigner;
  readonly faults: FaultBook;
  readonly stats: Stats;
}

interface ByteSpan {
  readonly kind: 'whole' | 'range';
  readonly firstByte: number;
  /** Exclusive. */
  readonly endByte: number;
}

const signatureError = (verdict: Exclude<SignatureVerdict, { kind: 'valid' }>): Reply => {
  if (verdict.kind === 'mismatch') {
    const message = 'The request signature we calculated does not match the signature you provided.';
    return xmlError(403, 'SignatureDoesNotMatch', message);
  }
  return xmlError(403, 'AccessDenied', 'Request has expired', {
    'X-Amz-Expires': String(verdict.lifetimeSec),
    Expires: new Date(verdict.expiresMs).toISOString(),
    ServerTime: new Date().toISOString(),
  });
};

/** Which bytes to answer with, once the validators have been compared (RFC 9110 section 13.2.2). */
const selectRange = (
  request: IncomingMessage,
  served: ServedFile,
): RangeRequest | { readonly kind: 'precondition' } => {
  const { 'if-match': ifMatch, 'if-range': ifRange, range } = request.headers;
  const matches = ifMatch === '*' || ifMatch?.split(/\s*,\s*/).includes(served.etag);
  if (ifMatch !== undefined && matches !== true) return { kind: 'precondition' };
  const usable = ifRange === undefined || ifRange === served.etag || ifRange === served.lastModified;
  return usable ? parseRange(range, served.file.sizeBytes) : { kind: 'whole' };
};

/** The fault's own answer, where it has one instead of the file's. */
const faultReply = (fault: FileFault, freshUrl: () => string): Reply | undefined => {
  if (fault.reset === true) return 'break';
  if (fault.status !== undefined) {
    return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' };
  }
  if (fault.redirectTo === undefined) return undefined;
  const location = fault.redirectTo === 'self' ? freshUrl() : fault.redirectTo;
  return { status: 307, headers: { Location: location }, body: '' };
};

const setHeaders = (response: ServerResponse, served: ServedFile, range: ByteSpan, fault?: FileFault): void => {
  const lengthBytes = Math.min(range.endByte - range.firstByte, fault?.truncateToBytes ?? Infinity);
  const headers: Record<string, string | null> = {
    'Accept-Ranges': 'bytes',
    ETag: served.etag,
    'Last-Modified': served.lastModified,
    'Content-Type': 'binary/octet-stream',
    'Content-Length': String(lengthBytes),
    'Content-Range':
      range.kind === 'range' ? `bytes ${range.firstByte}-${range.endByte - 1}/${served.file.sizeBytes}` : null,
    ...fault?.replaceHeaders,
  };
  for (const [name, value] of Object.entries(headers)) if (value !== null) response.setHeader(name, value);
};

/** What the file host makes of a request: an answer of its own, or bytes of a file. */
const decide = async (
  { files, signer, faults, stats }: FilesState,
  request: IncomingMessage,
  url: URL,
): Promise<{ reply: Reply } | { served: ServedFile; range: ByteSpan; fault: Armed<FileFault> | undefined }> => {
  if (request.headers['x-api-key'] !== undefined) {
    stats.apiKeySeenAtFileHost = true;
    return { reply: xmlError(400, 'InvalidArgument', 'An X-Api-Key header does not belong here') };
  }
  if (!isPublicPath(url.pathname)) {
    const verdict = signer.verify(request.method ?? '', url);
    if (verdict.kind !== 'valid') return { reply: signatureError(verdict) };
  }
  const found = files.get(url.pathname);
  if (found === undefined) return { reply: xmlError(404, 'NoSuchKey', 'The specified key does not exist.') };

  const sizeBytes = found.file.sizeBytes;
  const whole: ByteSpan = { kind: 'whole', firstByte: 0, endByte: sizeBytes };
  const asked = parseRange(request.headers.range, sizeBytes);
  const span = asked.kind === 'range' ? asked : whole;
  const fault = faults.takeFile(url.pathname, span.firstByte, span.endByte);
  if (fault?.delayMs !== undefined) await pause(fault.delayMs);
  const reply = fault && faultReply(fault, () => signer.sign(url.origin + url.pathname));
  if (reply !== undefined) return { reply };
  if (fault?.changeVersion === true) files.changeVersion(url.pathname);

  // Asked again, because the version may have changed during a delay.
  const served = files.get(url.pathname) ?? found;
  const selected = fault?.ignoreRange === true ? whole : selectRange(request, served);
  switch (selected.kind) {
    case 'precondition': {
      const message = 'At least one of the pre-conditions you specified did not hold';
      return { reply: xmlError(412, 'PreconditionFailed', message, { Condition: 'If-Match' }) };
    }
    case 'unsatisfiable': {
      const message = 'The requested range is not satisfiable';
      return { reply: xmlError(416, 'InvalidRange', message, {}, { 'Content-Range': `bytes */${sizeBytes}` }) };
    }
    case 'whole':
      return { served, range: whole, fault };
    case 'range':
      return { served, range: selected, fault };
  }
};

export const handleFile = async (
  state: FilesState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
  const stats = fileStats(state.stats, url.pathname);
  stats.requests += 1;
  response.once('close', () => {
    const status = response.headersSent ? String(response.statusCode) : 'reset';
    stats.statuses[status] = (stats.statuses[status] ?? 0) + 1;
  });
  const decision = await decide(state, request, url);
  if ('reply' in decision) {
    respond(response, decision.reply);
    return;
  }
  const { served, range, fault } = decision;
  response.statusCode = range.kind === 'range' ? 206 : 200;
  setHeaders(response, served, range, fault);
  await sendBody(response, served, range, fault, stats);
};
