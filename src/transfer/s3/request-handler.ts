/**
 * The AWS SDK's requests on the engine's connections. Where a call asks for it, the answer comes over one whose body can be read
 * straight into memory (http/direct): the SDK signs, sends and reads errors as ever, and the bytes of a part are copied nowhere.
 */
import type { Readable } from 'node:stream';
import { UndiciHttpHandler } from '@smithy/undici-http-handler';
import type { Dispatcher } from 'undici';
import type { DirectPool } from '../http/direct/pool';
import { encodeSegment } from './write-route';

type Handle = UndiciHttpHandler['handle'];
type SdkRequest = Parameters<Handle>[0];
type CallOptions = NonNullable<Parameters<Handle>[1]>;

/** What the SDK reads of its HttpResponse, which it knows by these fields. */
interface Reply {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

/** What `client.send` takes beside a command; the SDK gives it on to the handler as it is. */
export interface DirectCall {
  readonly abortSignal: AbortSignal;
  /** For GETs alone: the abort signal counts until the reply is there, then the body must be read or destroyed. */
  readonly isDirect: boolean;
}

const isDirectCall = (options: object | undefined): options is DirectCall =>
  options !== undefined && 'isDirect' in options && options.isDirect === true;

export class StoreRequestHandler extends UndiciHttpHandler {
  constructor(
    dispatcher: Dispatcher,
    private readonly pool: DirectPool,
  ) {
    super({ dispatcher });
  }

  override async handle(request: SdkRequest, options?: CallOptions): ReturnType<Handle> {
    if (!isDirectCall(options) || request.method !== 'GET') return super.handle(request, options);
    const { protocol, hostname, port, path } = request;
    const target = `${path}${queryOf(request.query)}`;
    const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${target}`);
    const {
      status: statusCode,
      headers,
      body,
    } = await this.pool.get(url, request.headers, options.abortSignal, target);
    const named = Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined);
    const response: Reply = { statusCode, headers: Object.fromEntries(named), body };
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the SDK looks at the fields (HttpResponse.isInstance), and its class is no dependency of ours
    return { response };
  }

  override destroy(): void {
    this.pool.close();
    super.destroy();
  }
}

/** In the order and the encoding of the signature (RFC 3986 section 2.3), which is the SDK's own too. */
function queryOf(query: SdkRequest['query']): string {
  const pairs = Object.keys(query)
    .sort()
    .flatMap((name) => [query[name] ?? null].flat().map((value) => [name, value] as const));
  const text = pairs
    .map(([name, value]) => (value === null ? encodeSegment(name) : `${encodeSegment(name)}=${encodeSegment(value)}`))
    .join('&');
  return text === '' ? '' : `?${text}`;
}
