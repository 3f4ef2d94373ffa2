/** Object keys of records: never colliding, never escaping the target prefix. */
import { createHash } from 'node:crypto';
import { LonghaulError } from '../../../model/errors';
import type { ManifestRecord } from '../../../model/records';

/** S3's limit for a key, in bytes of UTF-8 (Amazon S3 User Guide, "Naming Amazon S3 objects"). */
const MAX_KEY_BYTES = 1024;
/** The same source more often than this in one export is a mistake of the export. */
const MAX_NAMES = 1_000;
/** A file whose URL ends in a slash still needs a name. */
const UNNAMED = 'data';

export interface Unkeyed {
  readonly kind: 'url' | 'prefix';
  readonly dataset: string;
  readonly source: string;
  /** Base name of the URL, or what the provider calls the file; ignored for a prefix. */
  readonly fileName: string;
  readonly url?: string;
  readonly ref?: string;
}

export interface KeyRules {
  readonly targetPrefix: string;
  readonly controlPrefix: string;
  /** With {target_prefix}, {dataset} and {filename}; {run} and {export_id} too. */
  readonly template: string;
  readonly run: string;
  readonly exportId: string | null;
}

/**
 * Gives every record its key. A second record with the same key gets eight hex digits of its source's hash before the
 * extension: the same export gives the same keys whatever the order of its other records.
 * Throws RecordInvalid for a dataset that would leave the prefix, KeyTooLong for a key above 1,024 bytes.
 */
export class KeyAssigner {
  private readonly taken = new Set<string>();
  private readonly folders = new Set<string>();

  constructor(private readonly rules: KeyRules) {
    // A dataset of these names would land among the run's own files.
    this.folders.add(`${rules.controlPrefix}/`);
    this.taken.add(rules.targetPrefix === '' ? '_SUCCESS' : `${rules.targetPrefix}/_SUCCESS`);
  }

  assign(record: Unkeyed, n: number): ManifestRecord {
    const key = record.kind === 'url' ? this.objectKey(record) : this.folderKey(record);
    const { kind, dataset, source, url, ref } = record;
    const named = { ...(url === undefined ? {} : { url }), ...(ref === undefined ? {} : { ref }) };
    return { n, kind, dataset, source, key, ...named };
  }

  private objectKey(record: Unkeyed): string {
    const dataset = safeDataset(record);
    const fileName = safeFileName(record.fileName);
    // A dataset of the same name as a folder (of the run, or of a prefix record) gets another name beside it.
    const wanted = [dataset, `${dataset}.${shortHash(record.source)}`]
      .map((name) => this.expand(name, fileName))
      .find((key) => !this.inFolder(key));
    if (wanted === undefined) throw unusable(record, 'lies in a folder of another record, whatever it is called');
    const key = this.free(wanted, record.source, (candidate) => this.taken.has(candidate));
    this.taken.add(key);
    return key;
  }

  private folderKey(record: Unkeyed): string {
    const { targetPrefix } = this.rules;
    const wanted = `${targetPrefix === '' ? '' : `${targetPrefix}/`}${safeDataset(record)}`;
    const isTaken = (candidate: string): boolean =>
      this.folders.has(`${candidate}/`) || [...this.taken].some((key) => key.startsWith(`${candidate}/`));
    const key = `${this.free(wanted, record.source, isTaken)}/`;
    this.folders.add(key);
    return key;
  }

  private inFolder(key: string): boolean {
    return [...this.folders].some((folder) => key.startsWith(folder));
  }

  private free(wanted: string, source: string, isTaken: (key: string) => boolean): string {
    const hash = shortHash(source);
    for (let attempt = 0; attempt < MAX_NAMES; attempt += 1) {
      const key = attempt === 0 ? wanted : withSuffix(wanted, attempt === 1 ? hash : `${hash}-${attempt}`);
      if (isTaken(key)) continue;
      if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
        throw new LonghaulError(
          'KeyTooLong',
          `The key of ${source} has ${Buffer.byteLength(key)} bytes; ${MAX_KEY_BYTES} are allowed`,
          { source },
        );
      }
      return key;
    }
    throw new LonghaulError('RecordInvalid', `${source} is named more than ${MAX_NAMES} times`, { source });
  }

  private expand(dataset: string, fileName: string): string {
    const { template, targetPrefix, run, exportId } = this.rules;
    const fields: Record<string, string> = {
      target_prefix: targetPrefix,
      dataset,
      filename: fileName,
      run,
      // Export ids hold + / =, which have no place in a key.
      export_id: (exportId ?? 'none').replace(/[^A-Za-z0-9._-]/g, '-'),
    };
    const key = template.replace(/\{(\w+)\}/g, (_, name: string) => fields[name] ?? '');
    return key.replace(/\/{2,}/g, '/').replace(/^\//, '');
  }
}

const shortHash = (source: string): string => createHash('sha256').update(source).digest('hex').slice(0, 8);

const unusable = ({ dataset, source }: Unkeyed, why: string): LonghaulError =>
  new LonghaulError('RecordInvalid', `The dataset ${JSON.stringify(dataset)} of ${source} ${why}`, { source });

/** Keeps slashes, which datasets may hold; refuses what some tools read as a way out of the prefix. */
function safeDataset(record: Unkeyed): string {
  const segments = record.dataset.split('/').filter((segment) => segment !== '');
  if (segments.length === 0 || segments.some((segment) => segment === '.' || segment === '..')) {
    throw unusable(record, 'cannot be part of a key');
  }
  return segments.map(withoutControls).join('/');
}

function safeFileName(name: string): string {
  const clean = withoutControls(name.replace(/[/\\]/g, '_'));
  return clean === '' || clean === '.' || clean === '..' ? UNNAMED : clean;
}

const withoutControls = (text: string): string => text.replace(/\p{Cc}/gu, '_');

function withSuffix(key: string, suffix: string): string {
  const slash = key.lastIndexOf('/') + 1;
  const dot = key.indexOf('.', slash + 1);
  return dot === -1 ? `${key}.${suffix}` : `${key.slice(0, dot)}.${suffix}${key.slice(dot)}`;
}
