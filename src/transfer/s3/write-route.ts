/**
 * Where and as whom a bucket is written to, learned from a request that the SDK has made itself: its rules for endpoints,
 * regions and access points are many, and none of them is repeated here.
 */
import type { S3Client } from '@aws-sdk/client-s3';

export interface WriteRoute {
  /** `https://bucket.s3.eu-central-1.amazonaws.com` */
  readonly origin: string;
  /** As in the header `host`. */
  readonly host: string;
  /** What stands before the key: `/` or `/bucket/`. */
  readonly pathPrefix: string;
  /** Of the signature. */
  readonly region: string;
  readonly service: string;
}

interface SentRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const SCOPE = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request,/;

/** Percent-encoded as S3 canonicalizes paths: all but unreserved characters (RFC 3986 section 2.3) and slashes. */
export const encodeKey = (key: string): string => key.split('/').map(encodeSegment).join('/');

export const encodeSegment = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Undefined for a request that was signed in another way, or with a session of its own. */
export function routeOf(request: SentRequest, key: string): WriteRoute | undefined {
  const { headers, path, protocol, hostname, port } = request;
  const [, region, service] = SCOPE.exec(headers['authorization'] ?? '') ?? [];
  const encoded = encodeKey(key);
  if (region === undefined || service === undefined || headers['x-amz-s3session-token'] !== undefined) return undefined;
  if (!path.endsWith(`/${encoded}`)) return undefined;
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return {
    origin: `${protocol}//${host}`,
    host: headers['host'] ?? host,
    pathPrefix: path.slice(0, path.length - encoded.length),
    region,
    service,
  };
}

/** Tells of each write that the SDK makes with this client: its bucket and, where it can be had, its route. */
export function learnRoutes(client: S3Client, learned: (bucket: string, route: WriteRoute | undefined) => void): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const { Bucket, Key } = args.input as { readonly Bucket?: string; readonly Key?: string };
      const reply = await next(args);
      const isWrite = context.commandName === 'PutObjectCommand' || context.commandName === 'UploadPartCommand';
      if (isWrite && Bucket !== undefined && Key !== undefined) {
        learned(Bucket, routeOf(args.request as SentRequest, Key));
      }
      return reply;
    },
    // The last step before the wire: what is seen here is signed.
    { step: 'deserialize', priority: 'low', name: 'learnRoutes', override: true },
  );
}
