/** Raw HTTP against the double of Cloud Storage, as Google's documentation writes the requests. */
import { request } from 'undici';
import { startGcsServer, type GcsServer, type GcsServerOptions } from '../../src/dev/gcs-server';

const KIB = 1024;
export const MIB = 1024 * KIB;
export const QUANTUM = 256 * KIB;

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: Buffer;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

const parsed = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
};

export const send = async (
  method: string,
  url: string,
  body: string | Uint8Array | null = null,
  headers: Record<string, string> = {},
): Promise<Reply> => {
  const answer = await request(url, { method: method as 'GET', headers, body });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  const text = bytes.toString('utf8');
  return { status: answer.statusCode, headers: answer.headers, bytes, text, body: parsed(text) };
};

export const JSON_TYPE = { 'Content-Type': 'application/json' };

export const objectUrl = ({ endpoint }: GcsServer, name: string, query = '', bucket = 'box'): string =>
  `${endpoint}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}${query}`;

export const uploadUrl = ({ endpoint }: GcsServer, query: string, bucket = 'box'): string =>
  `${endpoint}/upload/storage/v1/b/${bucket}/o?${query}`;

/** uploadType=media. */
export const insert = (server: GcsServer, name: string, bytes: string | Uint8Array, query = ''): Promise<Reply> =>
  send('POST', uploadUrl(server, `uploadType=media&name=${encodeURIComponent(name)}${query}`), bytes);

/** The URI of a new session. */
export const startSession = async (
  server: GcsServer,
  name: string,
  resource: object = {},
  query = '',
  headers: Record<string, string> = {},
): Promise<string> => {
  const url = uploadUrl(server, `uploadType=resumable&name=${encodeURIComponent(name)}${query}`);
  const reply = await send('POST', url, JSON.stringify(resource), { ...JSON_TYPE, ...headers });
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`);
  return String(reply.headers['location']);
};

export const putRange = (
  uri: string,
  bytes: Uint8Array,
  range: string,
  headers: Record<string, string> = {},
): Promise<Reply> => send('PUT', uri, bytes, { 'Content-Range': `bytes ${range}`, ...headers });

export const reasonOf = ({ body }: Reply): string | undefined =>
  (body['error'] as { errors?: { reason: string }[] } | undefined)?.errors?.[0]?.reason;

/** Bytes that differ everywhere, so that a wrong offset shows. */
export const pattern = (sizeBytes: number, seed = 1): Buffer => {
  const bytes = Buffer.alloc(sizeBytes);
  let value = seed;
  for (let at = 0; at < sizeBytes; at += 1) {
    value = (Math.imul(value, 1_103_515_245) + 12_345) & 0x7fffffff;
    bytes[at] = value >> 16;
  }
  return bytes;
};

export const withServer = async (
  options: GcsServerOptions,
  use: (server: GcsServer) => Promise<void>,
): Promise<void> => {
  const server = await startGcsServer({ buckets: ['box'], ...options });
  try {
    await use(server);
  } finally {
    await server.stop();
  }
};
