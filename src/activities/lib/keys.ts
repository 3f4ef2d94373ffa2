/** Object keys of records: never colliding, never escaping the target prefix. */
import { createHash } from 'node:crypto';
import { LonghaulError } from '../../model/errors';
import type { ManifestRecord } from '../../model/records';

/** S3's limit for a key, in bytes of UTF-8 (Amazon S3 User Guide, "Naming Amazon S3 objects"). */
const MAX_KEY_BYTES = 1024;
/** A file whose URL ends in a slash still needs a name. */
const UNNAMED = 'data';

export interface Unkeyed {
  readonly kind: 'url' | 'prefix';
  readonly dataset: string;
  readonly source: string;
  /** Base name of the URL; ignored for a prefix. */
  readonly fileName: string;
  readonly url?: string;
}

export interface KeyRules {
  readonly targetPrefix: string;
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

  constructor(private readonly rules: KeyRules) {}

  assign(record: Unkeyed, n: number): ManifestRecord {
    const key = record.kind === 'url' ? this.objectKey(record) : this.folderKey(record);
    const { kind, dataset, source, url } = record;
    return { n, kind, dataset, source, key, ...(url === undefined ? {} : { url }) };
  }

  private objectKey(record: Unkeyed): string {
    const wanted = this.expand(record, safeFileName(record.fileName));
    const key = this.free(wanted, record.source, (candidate) => this.taken.has(candidate) || this.inFolder(candidate));
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
    const hash = createHash('sha256').update(source).digest('hex').slice(0, 8);
    for (let attempt = 0; ; attempt += 1) {
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
  }

  private expand(record: Unkeyed, fileName: string): string {
    const { template, targetPrefix, run, exportId } = this.rules;
    const fields: Record<string, string> = {
      target_prefix: targetPrefix,
      dataset: safeDataset(record),
      filename: fileName,
      run,
      // Export ids hold + / =, which have no place in a key.
      export_id: (exportId ?? 'none').replace(/[^A-Za-z0-9._-]/g, '-'),
    };
    const key = template.replace(/\{(\w+)\}/g, (_, name: string) => fields[name] ?? '');
    return key.replace(/\/{2,}/g, '/').replace(/^\//, '');
  }
}

/** Keeps slashes, which datasets may hold; refuses what some tools read as a way out of the prefix. */
function safeDataset(record: Unkeyed): string {
  const segments = record.dataset.split('/').filter((segment) => segment !== '');
  if (segments.length === 0 || segments.some((segment) => segment === '.' || segment === '..')) {
    throw new LonghaulError(
      'RecordInvalid',
      `The dataset ${JSON.stringify(record.dataset)} of ${record.source} cannot be part of a key`,
      { source: record.source },
    );
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
