/** The environment variables of ingestUrls, for docs/reference/environment.md; ingest.ts reads them. */

export const INGEST_VARIABLES = [
  {
    name: 'BUCKET_NAME',
    default: 'none',
    meaning:
      '`ingestUrls`: the destination bucket, which also holds `config/parameters.json`. Required, here or as `bucket` in the input.',
  },
  { name: 'PATH_PREFIX', default: 'raw', meaning: '`ingestUrls`: first part of every key.' },
  { name: 'CONCURRENCY', default: '2', meaning: '`ingestUrls`: files at once.' },
  {
    name: 'S3_PART_MB',
    default: '50',
    meaning: '`ingestUrls`: part size in MiB, at least 5; raised for a file that would need more than 10,000 parts.',
  },
  {
    name: 'HTTP_CHUNK_KB',
    default: '1024',
    meaning:
      '`ingestUrls`: how much is read ahead of a file, in KiB, where it is not read straight into the memory of its parts.',
  },
  { name: 'LOG_LEVEL', default: 'INFO', meaning: '`ingestUrls`: DEBUG, INFO, WARNING or ERROR.' },
  {
    name: 'LONGHAUL_INGEST_FILE_NAMES',
    default: 'the six of the guide',
    meaning:
      '`ingestUrls`: JSON, `["transactions"]` or `{"transactions": "transactions.csv"}`. The first name that appears in a URL, in any case, names its file.',
  },
  {
    name: 'LONGHAUL_INGEST_CONTENT_TYPE',
    default: 'text/csv',
    meaning: '`ingestUrls`: content type of the objects; `detect`: what the source declares.',
  },
  {
    name: 'LONGHAUL_INGEST_ON_COLLISION',
    default: 'error',
    meaning:
      '`ingestUrls`: two URLs with one key. `error`: nothing is moved. `number`: the later ones become `name-2.csv` and on.',
  },
  {
    name: 'LONGHAUL_INGEST_SKIP_UNCHANGED',
    default: 'false',
    meaning: '`ingestUrls`: skip a URL that has not changed since its last ingestion (ETag, Last-Modified).',
  },
  {
    name: 'LONGHAUL_INGEST_ALLOWED_HOSTS',
    default: 'none',
    meaning:
      '`ingestUrls`: hosts, `host:port` or CIDR blocks of sources that may be at private addresses, with commas.',
  },
  {
    name: 'LONGHAUL_INGEST_HEADER_VARIABLES',
    default: 'all',
    meaning:
      '`ingestUrls`: the variables that `headers_env` in parameters.json may name, with commas. Never those of AWS, Temporal and Longhaul.',
  },
  {
    name: 'LONGHAUL_INGEST_MAX_BYTES_PER_SEC',
    default: 'none',
    meaning: '`ingestUrls`: upper bound of the bytes per second that a run reads from its sources, over all workers.',
  },
  {
    name: 'LONGHAUL_INGEST_RETRY_FOR_SEC',
    default: '900',
    meaning: '`ingestUrls`: how long a file that fails in a way that may pass is tried again since its last progress.',
  },
  {
    name: 'LONGHAUL_INGEST_STALL_TIMEOUT_SEC',
    default: '30',
    meaning: '`ingestUrls`: time without a byte after which a request is given up and repeated.',
  },
  {
    name: 'LONGHAUL_INGEST_CONTROL_PREFIX',
    default: '_longhaul/ingest',
    meaning: '`ingestUrls`: key prefix of manifests, ledgers, reports and of what `skip_unchanged` remembers.',
  },
  {
    name: 'AWS_REGION',
    default: 'us-east-1',
    meaning: 'Region of S3 where the configuration names none; else `AWS_DEFAULT_REGION`.',
  },
  {
    name: 'AWS_ENDPOINT_URL_S3',
    default: 'AWS',
    meaning:
      '`ingestUrls`: another S3 service, in path style; else `AWS_ENDPOINT_URL`. Credentials come from the default chain of the AWS SDK.',
  },
] as const;
