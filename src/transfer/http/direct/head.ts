/** The head of an HTTP/1.1 reply (RFC 9112 sections 4 to 6), read strictly: what could be understood in two ways is refused. */

export interface ReplyHead {
  readonly status: number;
  /** Names in lower case; repeated headers joined with a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** How the body ends: after so many bytes, with its last chunk, or with the connection. */
  readonly framing: { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'chunked' | 'close' };
  readonly isKeptAlive: boolean;
}

/** With a code as Node's own parser gives them, so that it is known for what it is. */
export const malformed = (what: string): Error =>
  Object.assign(new Error(`The reply has ${what}`), { code: 'HPE_INVALID_REPLY' });

const STATUS = /^HTTP\/1\.([01]) ([1-9]\d{2})(?: .*)?$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

/** `text`: all lines of the head without the empty one. Throws an error with the code HPE_INVALID_REPLY. */
export function parseHead(text: string): ReplyHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, code] = STATUS.exec(first) ?? [];
  if (code === undefined) throw malformed('no status line of HTTP/1.1');
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) throw malformed('a header line that is none');
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  const connection = (headers['connection'] ?? '').toLowerCase();
  const isClosed = /(^|[\s,])close($|[\s,])/.test(connection);
  const framing = framingOf(Number(code), headers);
  return {
    status: Number(code),
    headers,
    framing,
    isKeptAlive: minor === '1' && !isClosed && framing.kind !== 'close',
  };
}

/** RFC 9112 section 6.3, for GET. */
function framingOf(status: number, headers: Readonly<Record<string, string | undefined>>): ReplyHead['framing'] {
  if (status < 200 || status === 204 || status === 304) return { kind: 'length', bytes: 0 };
  const { 'transfer-encoding': encoding, 'content-length': length } = headers;
  if (encoding !== undefined) {
    if (length !== undefined) throw malformed('both a length and a transfer encoding');
    if (encoding.toLowerCase() !== 'chunked') throw malformed('a transfer encoding that was not asked for');
    return { kind: 'chunked' };
  }
  if (length === undefined) return { kind: 'close' };
  if (!/^\d{1,15}$/.test(length)) throw malformed('a length that is no number');
  return { kind: 'length', bytes: Number(length) };
}
