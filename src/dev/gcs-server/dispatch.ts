/** From a request to its answer: who asks, which fault hits, which handler, and what is told of errors. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Access, Caller } from './access';
import { GcsError, errorAnswer, type Answer } from './answers';
import { deleteBucket, getBucket, insertBucket, listBuckets, patchBucket, testPermissions } from './buckets';
import { ConnectionCut, discard, type Call, type World } from './call';
import { composeObject, copyObject, rewriteObject } from './copies';
import { deliver } from './deliver';
import type { ArmedFault, FaultBook } from './faults';
import type { RequestLog } from './log';
import { sendMedia } from './media';
import { deleteObject, getObject, listObjects, patchObject } from './objects';
import { cancelResumable, putResumable, queryResumable, startResumable } from './resumable';
import { routeOf, type GcsOperation } from './route';
import { insertObject } from './uploads';
import {
  abortMultipart,
  completeMultipart,
  initiateMultipart,
  listMultipart,
  listParts,
  uploadPart,
} from './xml-multipart';
import { deleteXmlObject, putObject } from './xml-objects';

const HANDLERS: Record<Exclude<GcsOperation, 'unknown'>, (call: Call) => Answer | Promise<Answer>> = {
  'buckets.delete': deleteBucket,
  'buckets.get': getBucket,
  'buckets.insert': insertBucket,
  'buckets.list': listBuckets,
  'buckets.patch': patchBucket,
  'buckets.testIamPermissions': testPermissions,
  'objects.compose': composeObject,
  'objects.copy': copyObject,
  'objects.delete': deleteObject,
  'objects.get': getObject,
  'objects.insert': insertObject,
  'objects.list': listObjects,
  'objects.media': sendMedia,
  'objects.patch': patchObject,
  'objects.rewrite': rewriteObject,
  'resumable.cancel': cancelResumable,
  'resumable.put': putResumable,
  'resumable.query': queryResumable,
  'resumable.start': startResumable,
  'xml.abortMultipart': abortMultipart,
  'xml.completeMultipart': completeMultipart,
  'xml.delete': deleteXmlObject,
  'xml.get': sendMedia,
  'xml.head': sendMedia,
  'xml.initiateMultipart': initiateMultipart,
  'xml.listMultipart': listMultipart,
  'xml.listParts': listParts,
  'xml.put': putObject,
  'xml.uploadPart': uploadPart,
};

/** The URI of a session is a secret that stands for the caller who began it: its requests carry no token. */
const NEEDS_NO_TOKEN: readonly GcsOperation[] = ['resumable.put', 'resumable.query', 'resumable.cancel'];
const NOBODY: Caller = {
  may: () => false,
  require: () => {
    throw new GcsError(403, 'forbidden', 'Forbidden', 'AccessDenied');
  },
};

export interface Double {
  readonly world: World;
  readonly access: Access;
  readonly faults: FaultBook;
  readonly log: RequestLog;
}

const scripted = (fault: ArmedFault): Answer => {
  const status = fault.status ?? 500;
  const retry = fault.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(fault.retryAfterSeconds) };
  const headers = { ...retry, ...fault.headers };
  if (fault.body !== undefined) return { status, headers, body: fault.body };
  const reason = fault.reason ?? (status === 429 ? 'rateLimitExceeded' : status >= 500 ? 'backendError' : 'scripted');
  return errorAnswer(new GcsError(status, reason, `A scripted ${status}.`, reason, headers), 'json');
};

const loseSession = async (call: Call, status: 404 | 410): Promise<void> => {
  const { sessions, multiparts } = call.world;
  const session = sessions.find(call.query.get('upload_id') ?? '');
  if (typeof session === 'object') await sessions.lose(session, status);
  const upload = multiparts.unfinished().find(({ id }) => id === call.query.get('uploadId'));
  if (upload !== undefined) await multiparts.end(upload);
};

const answerOf = async (call: Call): Promise<Answer> => {
  const { fault, route } = call;
  if (fault?.stallMs !== undefined)
    await Promise.race([sleep(fault.stallMs, undefined, { ref: false }), fault.cleared]);
  if (fault?.destroyBefore === true) throw new ConnectionCut('destroyed on purpose');
  if (fault?.loseSession !== undefined) await loseSession(call, fault.loseSession);
  if (fault?.status !== undefined && fault.afterEffect !== true) return scripted(fault);
  const { operation } = route;
  if (operation === 'unknown') throw new GcsError(404, 'notFound', 'Not Found', 'NoSuchKey');
  const answer = await HANDLERS[operation](call);
  if (fault?.loseAnswer === true) throw new ConnectionCut('the answer is lost on purpose');
  return fault?.status === undefined ? answer : scripted(fault);
};

/** More than that is not worth an answer: the connection is closed instead. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024;

/** Reads what is left of a body, so that the client gets its answer and the connection can be used again. */
const drain = async (call: Call): Promise<void> => {
  if (call.request.readableEnded || call.request.destroyed) return;
  await discard({ ...call, fault: undefined }, MAX_DRAINED_BYTES);
};

const serve = async (call: Call): Promise<{ status: number; sentBytes: number }> => {
  let answer: Answer;
  try {
    answer = await answerOf(call);
  } catch (error) {
    const isGone = call.request.destroyed && !call.request.complete;
    if (error instanceof ConnectionCut || isGone) {
      call.response.destroy();
      return { status: 0, sentBytes: 0 };
    }
    const known =
      error instanceof GcsError
        ? error
        : new GcsError(500, 'backendError', error instanceof Error ? error.message : String(error), 'InternalError');
    answer = errorAnswer(known, call.route.api);
  }
  await drain(call).catch(() => undefined);
  try {
    return { status: answer.status, sentBytes: await deliver(call, answer) };
  } catch {
    // The client has gone, or the bytes could not be read: no more can be said of it.
    call.response.destroy();
    return { status: answer.status, sentBytes: 0 };
  }
};

const pick = (name: string, value: string | null | undefined): Record<string, string> =>
  value === null || value === undefined ? {} : { [name]: value };

export const handle = async (double: Double, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const [path = '/', search = ''] = (request.url ?? '/').split('?', 2);
  const query = new URLSearchParams(search);
  const method = request.method ?? 'GET';
  const contentRange = request.headers['content-range'];
  const route = routeOf(method, path, query, contentRange);
  const subject = { ...route, method, query, headers: request.headers };
  const fault = double.faults.take(subject);
  const base = {
    world: double.world,
    route,
    request,
    response,
    query,
    baseUrl: `http://${request.headers.host ?? 'localhost'}`,
    fault,
    receivedBytes: 0,
  };
  let call: Call = { ...base, caller: NOBODY };
  let refusal: GcsError | null = null;
  try {
    if (!NEEDS_NO_TOKEN.includes(route.operation)) {
      call = { ...base, caller: double.access.identify(request.headers.authorization) };
    }
  } catch (error) {
    refusal = error as GcsError;
  }
  const { status, sentBytes } = refusal === null ? await serve(call) : await refuse(call, refusal);
  double.log.add({
    operation: route.operation,
    method,
    path,
    bucket: route.bucket,
    object: route.object,
    status,
    receivedBytes: call.receivedBytes,
    sentBytes,
    ...pick('range', request.headers.range),
    ...pick('contentRange', contentRange),
    ...pick('ifGenerationMatch', query.get('ifGenerationMatch')),
  });
};

const refuse = async (call: Call, refusal: GcsError): Promise<{ status: number; sentBytes: number }> => {
  await drain(call).catch(() => undefined);
  return { status: refusal.status, sentBytes: await deliver(call, errorAnswer(refusal, call.route.api)) };
};
