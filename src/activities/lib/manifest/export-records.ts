/**
 * The records of an export run, from the provider or as they were given: what `writeManifest` writes and what
 * `longhaul plan` counts, by the same code.
 */
import { MAX_RUN_RECORDS } from '../../../model/cost';
import { LonghaulError } from '../../../model/errors';
import type { GivenRecord, ManifestRecord } from '../../../model/records';
import type { ExportProvider, ExportRecord } from '../../../providers/types';
import { createS3Destination, getSmall, parseS3Uri, SourceUrl, type S3Destination } from '../../../transfer';
import { KeyAssigner, type KeyRules, type Unkeyed } from './keys';

export interface WhichRecords {
  /** Null: `records` or `recordsUri` are moved. */
  readonly exportId: string | null;
  readonly records?: readonly GivenRecord[];
  readonly recordsUri?: string;
}

export interface RecordSources {
  /** Asked where there is an export. */
  readonly provider: () => Pick<ExportProvider, 'listRecords'>;
  /** Whose client reads `recordsUri`. */
  readonly destination: S3Destination;
}

/** A record before it has its key. `url` may be signed: it must not leave the process. */
export interface FoundRecord {
  readonly unkeyed: Unkeyed;
  readonly url: SourceUrl | null;
}

/** @throws LonghaulError Record…, Api…, Export…, Source… */
export async function findRecords(
  { provider, destination }: RecordSources,
  { exportId, records, recordsUri }: WhichRecords,
  signal: AbortSignal,
): Promise<FoundRecord[]> {
  if (exportId !== null) {
    const listed = await provider().listRecords(exportId, signal);
    if (listed.length > MAX_RUN_RECORDS)
      throw new LonghaulError(
        'RecordInvalid',
        `The export names ${listed.length} records; at most ${MAX_RUN_RECORDS} are moved`,
      );
    return listed.map(fromExport);
  }
  const given = recordsUri === undefined ? (records ?? []) : await readGiven(recordsUri, destination, signal);
  return given.map(fromGiven);
}

/** In their order: the same records give the same keys. @throws LonghaulError RecordInvalid, KeyTooLong */
export function keyRecords(found: readonly FoundRecord[], rules: KeyRules): ManifestRecord[] {
  const keys = new KeyAssigner(rules);
  return found.map(({ unkeyed }, n) => keys.assign(unkeyed, n));
}

function fromExport(record: ExportRecord): FoundRecord {
  if (record.kind === 'prefix') return fromPrefix(record.prefix, record.dataset);
  const { dataset, url, fileName = url.baseName, ref } = record;
  const named = ref === undefined ? {} : { ref };
  return { unkeyed: { kind: 'url', dataset, source: url.display, fileName, ...named }, url };
}

function fromGiven(record: GivenRecord, index: number): FoundRecord {
  if ('prefix' in record) return fromPrefix(record.prefix, record.dataset ?? null);
  const url = new SourceUrl(record.url);
  if (url.isSigned) {
    throw new LonghaulError(
      'RecordInvalid',
      `Record ${index} (${url.display}) carries a signature or password, which must not be stored: let a provider give the URL`,
    );
  }
  const { display: source, baseName: fileName } = url;
  return {
    unkeyed: { kind: 'url', dataset: record.dataset ?? 'files', source, fileName, url: url.reveal().href },
    url,
  };
}

/** A prefix without a dataset goes below its own last segment, so that two prefixes do not mix. */
function fromPrefix(prefix: string, dataset: string | null): FoundRecord {
  const { bucket, key } = parseS3Uri(prefix);
  const lastSegment = key
    .split('/')
    .filter((segment) => segment !== '')
    .at(-1);
  const name = dataset ?? lastSegment ?? bucket;
  return { unkeyed: { kind: 'prefix', dataset: name, source: `s3://${bucket}/${key}`, fileName: '' }, url: null };
}

async function readGiven(uri: string, target: S3Destination, signal: AbortSignal): Promise<GivenRecord[]> {
  const { bucket, key } = parseS3Uri(uri);
  const store = createS3Destination({ client: target.client, bucket });
  const lines = (await getSmall(store, key, { signal })).toString().split('\n');
  return lines.flatMap((text, index) => (text.trim() === '' ? [] : [parseGiven(text, `${uri} line ${index + 1}`)]));
}

function parseGiven(text: string, where: string): GivenRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LonghaulError('RecordInvalid', `${where} is not JSON`);
  }
  if (typeof value === 'object' && value !== null) {
    const { url, prefix, dataset } = value as Record<string, unknown>;
    const named = typeof dataset === 'string' && dataset !== '' ? { dataset } : {};
    if (typeof url === 'string' && prefix === undefined) return { url, ...named };
    if (typeof prefix === 'string' && url === undefined) return { prefix, ...named };
  }
  throw new LonghaulError('RecordInvalid', `${where} must be {"url": "https://…"} or {"prefix": "s3://bucket/path"}`);
}
