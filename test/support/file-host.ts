/** A host of several files, each with its own faults: `startSourceServer` with a path for each file. */
import {
  answer,
  startSourceServer,
  type Fault,
  type SeenRequest,
  type ServedFile,
  type SourceServer,
} from './source-server';

export interface FileHost {
  /** `http://127.0.0.1:1234`. */
  readonly origin: string;
  readonly files: Map<string, ServedFile>;
  /** By path; answers by itself and returns true, or returns false for the honest answer. */
  readonly faults: Map<string, Fault>;
  readonly requests: readonly SeenRequest[];
  /** URL of a file that is served from now on, as `text/plain` with an ETag of its own. */
  add(path: string, body: Buffer | string, more?: Partial<ServedFile>): string;
  /** Requests of one path. */
  of(path: string): SeenRequest[];
  servedBytes(): number;
  close(): Promise<void>;
}

const pathOf = ({ url }: SeenRequest): string => new URL(url, 'http://host').pathname;

export async function startFileHost(): Promise<FileHost> {
  const server: SourceServer = await startSourceServer({ body: Buffer.alloc(0) });
  const files = new Map<string, ServedFile>();
  const faults = new Map<string, Fault>();
  const { origin } = new URL(server.url);
  server.fault = (seen, response) => {
    const file = files.get(pathOf(seen));
    if (file === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('no such file');
      return true;
    }
    if (faults.get(pathOf(seen))?.(seen, response, file) === true) return true;
    if (seen.headers['if-none-match'] !== undefined && seen.headers['if-none-match'] === file.etag) {
      response.writeHead(304, { etag: file.etag }).end();
      return true;
    }
    const own = { ...server, file, servedBytes: 0 };
    answer(own, seen, response);
    server.servedBytes += own.servedBytes;
    return true;
  };
  return {
    origin,
    files,
    faults,
    requests: server.requests,
    add(path, body, more = {}) {
      files.set(path, {
        body: Buffer.from(body),
        etag: `"${path}-1"`,
        contentType: 'text/plain',
        ...more,
      });
      return origin + path;
    },
    of: (path) => server.requests.filter((seen) => pathOf(seen) === path),
    servedBytes: () => server.servedBytes,
    close: () => server.close(),
  };
}
