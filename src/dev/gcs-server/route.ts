/** Which operation a request is, from its method, path and query: the JSON API, its upload and download paths, and the XML API in path style. */

export type GcsOperation =
  | 'buckets.delete'
  | 'buckets.get'
  | 'buckets.insert'
  | 'buckets.list'
  | 'buckets.patch'
  | 'buckets.testIamPermissions'
  | 'objects.compose'
  | 'objects.copy'
  | 'objects.delete'
  | 'objects.get'
  | 'objects.insert'
  | 'objects.list'
  | 'objects.media'
  | 'objects.patch'
  | 'objects.rewrite'
  | 'resumable.cancel'
  | 'resumable.put'
  | 'resumable.query'
  | 'resumable.start'
  | 'xml.abortMultipart'
  | 'xml.completeMultipart'
  | 'xml.delete'
  | 'xml.get'
  | 'xml.head'
  | 'xml.initiateMultipart'
  | 'xml.listMultipart'
  | 'xml.listParts'
  | 'xml.put'
  | 'xml.uploadPart'
  | 'unknown';

export interface Route {
  readonly api: 'json' | 'xml';
  readonly operation: GcsOperation;
  readonly bucket: string;
  readonly object: string;
  /** Of copy and rewrite. */
  readonly destination?: { readonly bucket: string; readonly object: string };
}

const JSON_BASE = /^(?:\/(upload|download|resumable\/upload))?\/storage\/v1(\/.*|$)/;

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

const bucketOperation = (method: string): GcsOperation => {
  if (method === 'GET') return 'buckets.get';
  if (method === 'DELETE') return 'buckets.delete';
  return method === 'PATCH' || method === 'PUT' ? 'buckets.patch' : 'unknown';
};

const objectOperation = (method: string, query: URLSearchParams, download: boolean): GcsOperation => {
  if (method === 'GET' || method === 'HEAD') {
    return download || query.get('alt') === 'media' ? 'objects.media' : 'objects.get';
  }
  if (method === 'DELETE') return 'objects.delete';
  return method === 'PATCH' || method === 'PUT' ? 'objects.patch' : 'unknown';
};

const uploadOperation = (method: string, query: URLSearchParams, contentRange: string | undefined): GcsOperation => {
  if (query.has('upload_id')) {
    if (method === 'DELETE') return 'resumable.cancel';
    // Only an explicit star range is a question; it has no effect, whatever the total says.
    if (method === 'PUT' || method === 'POST') {
      return /^bytes \*\//.test(contentRange ?? '') ? 'resumable.query' : 'resumable.put';
    }
    return 'unknown';
  }
  if (method !== 'POST') return 'unknown';
  return query.get('uploadType') === 'resumable' ? 'resumable.start' : 'objects.insert';
};

const jsonRoute = (
  method: string,
  kind: string | undefined,
  rest: string,
  query: URLSearchParams,
  contentRange: string | undefined,
): Route => {
  const segments = rest.split('/').slice(1).map(decode);
  const [b, bucket = '', part, object = '', verb, ...more] = segments;
  const route = (operation: GcsOperation, names: Partial<Route> = {}): Route => ({
    api: 'json',
    operation,
    bucket,
    object,
    ...names,
  });
  if (b !== 'b') return route('unknown');
  if (kind === 'upload' || kind === 'resumable/upload') {
    const name = query.get('name') ?? '';
    return route(part === 'o' ? uploadOperation(method, query, contentRange) : 'unknown', { object: name });
  }
  if (bucket === '') {
    return route(method === 'GET' ? 'buckets.list' : method === 'POST' ? 'buckets.insert' : 'unknown');
  }
  if (part === undefined) return route(bucketOperation(method));
  if (part === 'iam') return route(object === 'testPermissions' ? 'buckets.testIamPermissions' : 'unknown');
  if (part !== 'o') return route('unknown');
  if (object === '') {
    return route(method === 'GET' ? 'objects.list' : 'unknown');
  }
  if (verb === undefined) return route(objectOperation(method, query, kind === 'download'));
  if (method !== 'POST') return route('unknown');
  if (verb === 'compose') return route('objects.compose');
  if ((verb === 'rewriteTo' || verb === 'copyTo') && more[0] === 'b' && more[2] === 'o') {
    const destination = { bucket: more[1] ?? '', object: more[3] ?? '' };
    return route(verb === 'rewriteTo' ? 'objects.rewrite' : 'objects.copy', { destination });
  }
  return route('unknown');
};

const xmlOperation = (method: string, object: string, query: URLSearchParams): GcsOperation => {
  if (object === '') return method === 'GET' && query.has('uploads') ? 'xml.listMultipart' : 'unknown';
  const upload = query.has('uploadId');
  switch (method) {
    case 'GET':
      return upload ? 'xml.listParts' : 'xml.get';
    case 'HEAD':
      return 'xml.head';
    case 'PUT':
      return upload ? 'xml.uploadPart' : 'xml.put';
    case 'POST':
      if (query.has('uploads')) return 'xml.initiateMultipart';
      return upload ? 'xml.completeMultipart' : 'unknown';
    case 'DELETE':
      return upload ? 'xml.abortMultipart' : 'xml.delete';
    default:
      return 'unknown';
  }
};

/** `path` is as it was sent: object names of the JSON API have their slashes escaped. */
export const routeOf = (
  method: string,
  path: string,
  query: URLSearchParams,
  contentRange: string | undefined,
): Route => {
  const found = JSON_BASE.exec(path);
  if (found !== null) return jsonRoute(method, found[1], found[2] ?? '', query, contentRange);
  const [, bucket = '', ...rest] = path.split('/');
  const object = rest.map(decode).join('/');
  return { api: 'xml', operation: xmlOperation(method, object, query), bucket: decode(bucket), object };
};
