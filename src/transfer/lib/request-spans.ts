/**
 * Spans of requests to stores and sources, for whoever traces the process. Off, as it is unless the process installs a tracer,
 * it costs one comparison for each request. Here is decided what may be told: never a query, a signature, a header or a body.
 */
import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';

/** Of a request, by the names of OpenTelemetry's conventions for HTTP and AWS clients (semantic-conventions 1.39). */
export interface RequestFacts {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface RequestSpan {
  /** `error`: its name is told, its message is not. Only the first call counts. */
  end(outcome: { readonly status?: number; readonly error?: unknown }): void;
}

/** Begins a span below what the process is doing now. */
export type RequestTracer = (facts: RequestFacts) => RequestSpan;

let tracer: RequestTracer | null = null;

/** Of the whole process; null turns it off. */
export const traceRequests = (own: RequestTracer | null): void => {
  tracer = own;
};

const PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };

const serverOf = ({ protocol, hostname, port }: Pick<URL, 'protocol' | 'hostname' | 'port'>) => ({
  'server.address': hostname.replace(/^\[|\]$/g, ''),
  'server.port': port === '' ? (PORTS[protocol] ?? 0) : Number(port),
  'url.scheme': protocol.replace(':', ''),
});

/** A read of a source. `display`: the URL as it may be shown. */
export const beginSourceRequest = (target: URL, display: string): RequestSpan | null =>
  tracer === null
    ? null
    : tracer({
        name: 'GET',
        attributes: { 'http.request.method': 'GET', 'url.full': display, ...serverOf(target) },
      });

export interface S3RequestFacts {
  /** As the API calls it: `UploadPart`. */
  readonly operation: string;
  readonly method: string;
  readonly origin: URL | string;
  readonly bucket?: unknown;
  readonly key?: unknown;
  readonly uploadId?: unknown;
  readonly partNumber?: unknown;
}

const textual = (name: string, value: unknown): Record<string, string | number> =>
  typeof value === 'string' || typeof value === 'number' ? { [name]: value } : {};

/** A request to S3 or what speaks like it. `facts` is only asked for where somebody traces. */
export const beginS3Request = (facts: () => S3RequestFacts): RequestSpan | null => {
  if (tracer === null) return null;
  const { operation, method, origin, bucket, key, uploadId, partNumber } = facts();
  return tracer({
    name: `S3.${operation}`,
    attributes: {
      'rpc.system': 'aws-api',
      'rpc.service': 'S3',
      'rpc.method': operation,
      'http.request.method': method,
      ...serverOf(typeof origin === 'string' ? new URL(origin) : origin),
      ...textual('aws.s3.bucket', bucket),
      ...textual('aws.s3.key', key),
      ...textual('aws.s3.upload_id', uploadId),
      ...textual('aws.s3.part_number', Number(partNumber) > 0 ? Number(partNumber) : undefined),
    },
  });
};

/** The span ends with the body, for the bytes are what takes the time. */
export const endWithBody = (span: RequestSpan | null, status: number, body: Readable): void => {
  if (span === null) return;
  const end = (): void => span.end({ status, ...(body.errored === null ? {} : { error: body.errored }) });
  if (body.destroyed || body.readableEnded) end();
  else body.once('end', end).once('close', end);
};

/** What the SDK hands to the last step before the wire; its own types leave both open. */
interface WireRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
}

interface WireResponse {
  readonly statusCode: number;
  readonly body?: Readable;
}

/** Makes a client's requests spans, those of the SDK: every attempt passes here. */
export function traceRequestsOf(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const input = args.input as Readonly<Record<string, unknown>>;
      const { method, protocol, hostname, port } = args.request as WireRequest;
      const span = beginS3Request(() => ({
        operation: (context.commandName ?? 'Other').replace(/Command$/, ''),
        method,
        origin: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`,
        bucket: input['Bucket'],
        key: input['Key'],
        uploadId: input['UploadId'],
        partNumber: input['PartNumber'],
      }));
      if (span === null) return next(args);
      try {
        const reply = await next(args);
        const { statusCode, body } = reply.response as WireResponse;
        if (method === 'GET' && typeof body?.once === 'function') endWithBody(span, statusCode, body);
        else span.end({ status: statusCode });
        return reply;
      } catch (error) {
        span.end({ error });
        throw error;
      }
    },
    { step: 'deserialize', priority: 'low', name: 'traceRequests', override: true },
  );
}
