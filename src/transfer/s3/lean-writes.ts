/**
 * PutObject, UploadPart, and the Create and Complete of a multipart upload without the SDK, which takes longer for a small
 * object than all the rest of its transfer: the same request on the same connections, to where and as whom the SDK has written
 * before. Whatever is refused, or is not plain, goes through the SDK, which then knows clock, endpoint and credentials anew.
 */
import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Dispatcher } from 'undici';
import { readText } from '../lib/read-text';
import { beginS3Request, type RequestSpan } from '../lib/request-spans';
import { textIn } from '../lib/xml';
import { countRequest } from './request-counter';
import type { LeanReply, ReplyHeaders } from './answers';
import { isErrorDocument } from './multipart-documents';
import { Signer, type SigningKeys } from './sign';
import { encodeKey, encodeSegment, learnRoutes, type WriteRoute } from './write-route';

export interface LeanWrite {
  readonly operation: 'put_object' | 'upload_part' | 'create_multipart' | 'complete_multipart';
  /** POST has a document for an answer, PUT none. */
  readonly method: 'PUT' | 'POST';
  readonly bucket: string;
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the SDK throws too, as far as it is looked at: the code as name, the status, the headers, the document. */
class RefusedWrite extends Error {
  constructor(
    name: string,
    message: string,
    readonly $metadata: { readonly httpStatusCode: number },
    readonly $response: { readonly headers: ReplyHeaders },
    readonly $responseBodyText: string,
  ) {
    super(message);
    this.name = name;
  }
}

/** As the API calls them, for spans. */
const NAMES = {
  put_object: 'PutObject',
  upload_part: 'UploadPart',
  create_multipart: 'CreateMultipartUpload',
  complete_multipart: 'CompleteMultipartUpload',
} as const;

/** Until the head of the answer: its document is small. */
async function spanned<T extends { readonly statusCode: number }>(
  span: RequestSpan | null,
  send: () => Promise<T>,
): Promise<T> {
  if (span === null) return send();
  try {
    const reply = await send();
    span.end({ status: reply.statusCode });
    return reply;
  } catch (error) {
    span.end({ error });
    throw error;
  }
}

/** Of documents; S3's have some hundred bytes, and blanks while a Complete takes its time. */
const MAX_DOCUMENT_BYTES = 16 * 1024;
/** As the SDK takes an error within a 200. */
const STATUS_OF_LATE_ERROR = 503;
const PRINTABLE = /^[\x20-\x7e]*$/;

class LeanWriter {
  private readonly routes = new Map<string, WriteRoute>();
  private signer: { readonly keys: SigningKeys; readonly route: WriteRoute; readonly signer: Signer } | undefined;

  /** `isPayloadSigned`: where neither TLS nor the loopback protects the bytes. */
  constructor(
    private readonly client: S3Client,
    private readonly dispatcher: Dispatcher,
    private readonly isPayloadSigned: boolean,
  ) {
    learnRoutes(client, (bucket, route) => {
      if (route === undefined) this.routes.delete(bucket);
      else this.routes.set(bucket, route);
    });
  }

  /** Undefined where the SDK has to do it. Throws what the SDK would: the store's answer as an error, or the network's. */
  async write(request: LeanWrite, signal: AbortSignal): Promise<LeanReply | undefined> {
    const { bucket, key, body, method } = request;
    const route = this.routes.get(bucket);
    // Keys with such segments are rewritten by URL parsers, and other characters by header encoders.
    const isPlain =
      !/(^|\/)\.{0,2}(\/|$)/.test(key) && Object.values(request.headers).every((each) => PRINTABLE.test(each));
    if (route === undefined || !isPlain) return undefined;
    const path = `${route.pathPrefix}${encodeKey(key)}`;
    const query = Object.entries(request.query)
      .map(([name, value]) => `${encodeSegment(name)}=${encodeSegment(value)}`)
      .sort()
      .join('&');
    const isSigned = this.isPayloadSigned || method === 'POST';
    const payloadHash = isSigned ? createHash('sha256').update(body).digest('hex') : 'UNSIGNED-PAYLOAD';
    const signer = await this.signerFor(route);
    const unsigned = { ...request.headers, host: route.host, 'content-length': String(body.length) };
    const now = new Date(Date.now() + this.client.config.systemClockOffset);
    const headers = signer.sign({ method, path, query, headers: unsigned, payloadHash }, now);
    countRequest(request.operation);
    const span = beginS3Request(() => ({
      operation: NAMES[request.operation],
      method,
      origin: route.origin,
      bucket,
      key,
      uploadId: request.query['uploadId'],
      partNumber: request.query['partNumber'],
    }));
    const reply = await spanned(span, () =>
      this.dispatcher.request({
        origin: route.origin,
        path: query === '' ? path : `${path}?${query}`,
        method,
        headers,
        body,
        signal,
      }),
    );
    const { statusCode } = reply;
    const isDone = statusCode >= 200 && statusCode < 300;
    if (isDone && method === 'PUT') {
      await reply.body.dump();
      return { headers: reply.headers, document: '' };
    }
    const document = await documentOf(reply);
    // S3 has to answer 200 before it knows how a Complete ends (Amazon S3 API Reference, CompleteMultipartUpload).
    if (isDone && !isErrorDocument(document)) return { headers: reply.headers, document };
    this.routes.delete(bucket);
    throw refusalOf(document, isDone ? STATUS_OF_LATE_ERROR : statusCode, reply.headers);
  }

  /** Credentials may change at any time; the SDK keeps them until shortly before they expire. */
  private async signerFor(route: WriteRoute): Promise<Signer> {
    const keys = await this.client.config.credentials();
    const known = this.signer;
    if (known?.keys === keys && known.route === route) return known.signer;
    const signer = new Signer(keys, route);
    this.signer = { keys, route, signer };
    return signer;
  }
}

/** What is longer than any answer of S3 is cut off, and then says nothing. */
const documentOf = ({ body }: Dispatcher.ResponseData): Promise<string> => readText(body, MAX_DOCUMENT_BYTES);

/** `<Error><Code>…</Code><Message>…</Message></Error>` (Amazon S3 API Reference, "REST error responses"). */
function refusalOf(document: string, httpStatusCode: number, headers: ReplyHeaders): Error {
  const code = textIn(document, 'Code');
  const name = code ?? 'UnknownError';
  return new RefusedWrite(name, textIn(document, 'Message') ?? name, { httpStatusCode }, { headers }, document);
}

const writers = new WeakMap<S3Client, LeanWriter>();

/** Lets writes of this client be made without the SDK, on its connections. */
export const allowLeanWrites = (client: S3Client, dispatcher: Dispatcher, isPayloadSigned: boolean): void => {
  writers.set(client, new LeanWriter(client, dispatcher, isPayloadSigned));
};

/** Undefined for clients that were made elsewhere. */
export const leanWriterOf = (client: S3Client): LeanWriter | undefined => writers.get(client);
