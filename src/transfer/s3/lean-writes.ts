/**
 * PutObject and UploadPart without the SDK, which takes longer for a small object than all the rest of its transfer: the same
 * request on the same connections, to where and as whom the SDK has written before. Whatever is refused, or is not plain,
 * goes through the SDK, which then knows clock, endpoint and credentials anew.
 */
import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Dispatcher } from 'undici';
import { countRequest } from './request-counter';
import { Signer, type SigningKeys } from './sign';
import { encodeKey, encodeSegment, learnRoutes, type WriteRoute } from './write-route';

export interface LeanWrite {
  readonly operation: 'put_object' | 'upload_part';
  readonly bucket: string;
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Headers of a reply, names in lower case. */
export type LeanReply = Readonly<Record<string, string | string[] | undefined>>;

/** What the SDK throws too, as far as it is looked at: the code as name, the status, the headers. */
class RefusedWrite extends Error {
  constructor(
    name: string,
    message: string,
    readonly $metadata: { readonly httpStatusCode: number },
    readonly $response: { readonly headers: LeanReply },
  ) {
    super(message);
    this.name = name;
  }
}

/** Of error bodies; S3's have some hundred bytes. */
const MAX_ERROR_BYTES = 16 * 1024;
const PRINTABLE = /^[\x20-\x7e]*$/;

export class LeanWriter {
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
    const { bucket, key, body } = request;
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
    const payloadHash = this.isPayloadSigned ? createHash('sha256').update(body).digest('hex') : 'UNSIGNED-PAYLOAD';
    const signer = await this.signerFor(route);
    const unsigned = { ...request.headers, host: route.host, 'content-length': String(body.length) };
    const now = new Date(Date.now() + this.client.config.systemClockOffset);
    const headers = signer.sign({ method: 'PUT', path, query, headers: unsigned, payloadHash }, now);
    countRequest(request.operation);
    const reply = await this.dispatcher.request({
      origin: route.origin,
      path: query === '' ? path : `${path}?${query}`,
      method: 'PUT',
      headers,
      body,
      signal,
    });
    if (reply.statusCode >= 200 && reply.statusCode < 300) {
      await reply.body.dump();
      return reply.headers;
    }
    this.routes.delete(bucket);
    throw await refusalOf(reply);
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

/** `<Error><Code>…</Code><Message>…</Message></Error>` (Amazon S3 API Reference, "REST error responses"). */
async function refusalOf({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Error> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ERROR_BYTES) break;
  }
  const text = Buffer.concat(chunks).toString();
  const code = textOf(text, 'Code');
  return new RefusedWrite(
    code ?? 'UnknownError',
    textOf(text, 'Message') ?? code ?? 'UnknownError',
    { httpStatusCode: statusCode },
    { headers },
  );
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

const textOf = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`)
    .exec(xml)?.[1]
    ?.replace(/&(lt|gt|quot|apos|amp);/g, (whole, entity: string) => ENTITIES[entity] ?? whole);

const writers = new WeakMap<S3Client, LeanWriter>();

/** Lets writes of this client be made without the SDK, on its connections. */
export const allowLeanWrites = (client: S3Client, dispatcher: Dispatcher, isPayloadSigned: boolean): void => {
  writers.set(client, new LeanWriter(client, dispatcher, isPayloadSigned));
};

/** Undefined for clients that were made elsewhere. */
export const leanWriterOf = (client: S3Client): LeanWriter | undefined => writers.get(client);
