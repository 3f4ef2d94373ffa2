/** A file at an HTTP URL as a source: ranges of one version, with URLs that may expire and be asked for again. */
import { LonghaulError } from '../../model/errors';
import type { SourceUrl } from '../source-url';
import type { ByteRange, Source, SourceReply, SourceVersion } from '../types';
import { assertSameVersion, strongValidator } from '../version';
import { parseContentRange } from './content-range';
import { encodingIn, lengthIn, protocolFault } from './body-headers';
import type { HttpClient } from './http-client';
import type { HttpReply } from './http-reply';
import { refusalOf } from './refusal';

export interface HttpSourceOptions {
  readonly http: HttpClient;
  /** Gives the URL; asked once. */
  readonly resolve: () => Promise<SourceUrl>;
  /** Gives a fresh URL of the same file, after `failed` has expired. Absent: an expired URL is an error. */
  readonly refresh?: ((failed: SourceUrl) => Promise<SourceUrl>) | undefined;
  /** For messages; the URL without its query where absent. */
  readonly display?: string;
  /** Sent to the URL's own origin alone, never across a redirect to another. */
  readonly headers?: Readonly<Record<string, string>>;
}

export function createHttpSource(options: HttpSourceOptions): Source {
  const { http } = options;
  const urls = new UrlHolder(options);

  const read = async (
    url: SourceUrl,
    range: ByteRange | undefined,
    expected: SourceVersion | undefined,
    signal: AbortSignal,
  ): Promise<SourceReply> => {
    const display = options.display ?? url.display;
    const headers = { ...options.headers, ...rangeHeaders(range, expected) };
    // A range is read into memory that is there already; a whole file of unknown length has no such place.
    const direct = range !== undefined ? http.getDirect : undefined;
    const reply = await (direct === undefined ? http.get(url, headers, signal) : direct(url, headers, signal));
    if (reply.status === 200 || reply.status === 206) return readReply(reply, range, expected, display);
    if (reply.status === 416 && range?.offsetBytes === 0 && expected === undefined) {
      // An empty file has no range that satisfies: asked again without one.
      reply.body.on('error', () => undefined).destroy();
      return read(url, undefined, undefined, signal);
    }
    throw await refusalOf(reply, display, expected !== undefined);
  };

  return {
    get display() {
      return options.display ?? urls.display;
    },
    async open(range, expected, signal) {
      const url = await urls.current();
      try {
        return await read(url, range, expected, signal);
      } catch (error) {
        const isExpired = error instanceof LonghaulError && error.code === 'SourceUrlExpired';
        if (!isExpired || options.refresh === undefined) throw error;
        return read(await urls.replace(url, options.refresh), range, expected, signal);
      }
    },
  };
}

/** The URL in use. Lanes that find it expired at the same moment share one refresh. */
class UrlHolder {
  /** Of the last URL that was known. */
  display = 'the source';
  private url: Promise<SourceUrl> | undefined;
  private refreshing: Promise<SourceUrl> | undefined;

  constructor(private readonly options: HttpSourceOptions) {}

  async current(): Promise<SourceUrl> {
    this.url ??= this.options.resolve();
    try {
      const url = await this.url;
      this.display = url.display;
      return url;
    } catch (error) {
      // A failure is not kept: the next try asks again.
      this.url = undefined;
      throw error;
    }
  }

  async replace(expired: SourceUrl, refresh: (failed: SourceUrl) => Promise<SourceUrl>): Promise<SourceUrl> {
    const current = await this.current();
    if (current !== expired) return current;
    this.refreshing ??= refresh(expired).finally(() => (this.refreshing = undefined));
    const fresh = await this.refreshing;
    this.url = Promise.resolve(fresh);
    return fresh;
  }
}

/** If-Range makes the server itself refuse to splice (RFC 9110 section 13.1.5); the reply is checked all the same. */
function rangeHeaders(range: ByteRange | undefined, expected: SourceVersion | undefined): Record<string, string> {
  if (range === undefined) return {};
  const validator = expected?.etag ?? expected?.lastModified;
  return {
    range: `bytes=${range.offsetBytes}-${range.offsetBytes + range.lengthBytes - 1}`,
    ...(validator === undefined ? {} : { 'if-range': validator }),
  };
}

function readReply(
  reply: HttpReply,
  range: ByteRange | undefined,
  expected: SourceVersion | undefined,
  display: string,
): SourceReply {
  const { headers, body } = reply;
  try {
    const declaredBytes = lengthIn(headers['content-length'], display);
    const isPartial = reply.status === 206;
    const told = isPartial ? checkPartial(reply, range, declaredBytes, display) : undefined;
    // A range tells its length by itself: without Content-Length too, what ends early is cut off.
    const lengthBytes = told?.lengthBytes ?? declaredBytes;
    const sizeBytes = isPartial ? told?.sizeBytes : declaredBytes;
    const raw = { etag: headers['etag'], lastModified: headers['last-modified'], date: headers['date'] };
    const contentEncoding = encodingIn(headers['content-encoding']);
    if (contentEncoding !== undefined && (strongValidator(raw).etag === undefined || sizeBytes === undefined)) {
      // Compressed on the way although `identity` was asked for: these are not the file's bytes.
      throw protocolFault(display, `answered in the encoding ${contentEncoding}, which was not asked for`);
    }
    if (expected !== undefined) assertSameVersion(expected, seenVersion(raw, sizeBytes), display);
    return {
      kind: isPartial ? 'partial' : 'whole',
      version: { ...strongValidator(raw), ...(sizeBytes === undefined ? {} : { sizeBytes }) },
      validators: seenVersion(raw, undefined),
      ...(headers['content-type'] === undefined ? {} : { contentType: headers['content-type'] }),
      ...(contentEncoding === undefined ? {} : { contentEncoding }),
      ...(lengthBytes === undefined ? {} : { lengthBytes }),
      body,
    };
  } catch (error) {
    body.on('error', () => undefined).destroy();
    throw error;
  }
}

/** What the reply says of itself, weak or strong: for comparing with what was promised. */
const seenVersion = (
  raw: { etag: string | undefined; lastModified: string | undefined },
  sizeBytes: number | undefined,
): SourceVersion => ({
  ...(raw.etag === undefined ? {} : { etag: raw.etag }),
  ...(raw.lastModified === undefined ? {} : { lastModified: raw.lastModified }),
  ...(sizeBytes === undefined ? {} : { sizeBytes }),
});

/** What Content-Range says: the length of the range, and the whole object's size, if that is told. */
function checkPartial(
  reply: HttpReply,
  range: ByteRange | undefined,
  declaredBytes: number | undefined,
  display: string,
): ReturnType<typeof parseContentRange> {
  if (range === undefined) throw protocolFault(display, 'answered 206 where no range was asked for');
  if (/^multipart\/byteranges/i.test(reply.headers['content-type'] ?? '')) {
    throw protocolFault(display, 'answered one range as multipart/byteranges');
  }
  const told = parseContentRange(reply.headers['content-range'], range, display);
  if (declaredBytes !== undefined && declaredBytes !== told.lengthBytes) {
    throw protocolFault(display, `declares ${declaredBytes} bytes for a range of ${told.lengthBytes}`);
  }
  return told;
}
