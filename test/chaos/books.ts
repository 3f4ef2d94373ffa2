/** Comparisons of what is with what must be: sentences for what differs. */
import { isDeepStrictEqual } from 'node:util';
import type { S3Client } from '@aws-sdk/client-s3';
import type { LedgerLine } from '../../src/model/records';
import { listObjects, objectDigest, textOf, type BucketSnapshot } from '../support/bucket-view';

export interface Digest {
  readonly sha256: string;
  readonly bytes: number;
}

/** Collects what is wrong with one job. */
export class Books {
  readonly problems: string[] = [];
  compared = 0;
  bytes = 0;

  same(what: string, found: unknown, expected: unknown): void {
    if (isDeepStrictEqual(found, expected)) return;
    this.problems.push(`${what}: ${short(found)} instead of ${short(expected)}`);
  }

  none(what: string, found: readonly unknown[]): void {
    if (found.length > 0) this.problems.push(`${what}: ${short(found)}`);
  }

  async object(s3: S3Client, bucket: string, key: string, expected: Digest): Promise<void> {
    const found = await objectDigest(s3, bucket, key).catch((error: unknown) => String(error));
    this.same(`${bucket}/${key}`, found, expected);
    this.compared += 1;
    this.bytes += expected.bytes;
  }

  /** Every object that was there is there still, those that were to come have come, no other; and no upload is open. */
  bucket(before: BucketSnapshot, after: BucketSnapshot, added: readonly string[]): void {
    for (const [key, etag] of Object.entries(before.objects))
      this.same(`foreign object ${key}`, after.objects[key], etag);
    const expected = [...new Set([...Object.keys(before.objects), ...added])].sort();
    this.same('objects of the bucket', Object.keys(after.objects).sort(), expected);
    this.same('open uploads', after.uploads, before.uploads);
  }

  /** A line for each object, each with the object's size, none twice. */
  ledger(lines: readonly LedgerLine[], sizes: Readonly<Record<string, number>>): void {
    const found = lines.map(({ key, bytes }) => `${key} ${bytes}`).sort();
    const expected = Object.entries(sizes).map(([key, bytes]) => `${key} ${bytes}`);
    this.same('ledger', found, expected.sort());
    this.none(
      'ledger lines that are no success',
      lines.filter(({ outcome }) => outcome === 'failed' || outcome === 'aborted'),
    );
  }

  /** The sums of report.json are those of the ledger. */
  report(report: Readonly<Record<string, unknown>>, lines: readonly LedgerLine[]): void {
    const totals = report['totals'] as { objects?: number; bytes?: number; failed?: number } | undefined;
    const { objects, bytes, failed } = totals ?? {};
    const sum = lines.reduce((total, line) => total + line.bytes, 0);
    this.same(
      `report of ${String(report['run'])}`,
      { objects, bytes, failed },
      { objects: lines.length, bytes: sum, failed: 0 },
    );
    this.same('outcome in the report', report['outcome'], 'succeeded');
  }
}

/** Lines of all manifest pages of a run. */
export async function manifestLines(s3: S3Client, bucket: string, runPrefix: string): Promise<number> {
  const pages = Object.keys(await listObjects(s3, bucket, `${runPrefix}/manifest/page-`));
  const texts = await Promise.all(pages.map((key) => textOf(s3, bucket, key)));
  return texts
    .join('')
    .split('\n')
    .filter((line) => line !== '').length;
}

const MAX_SHOWN = 600;
const short = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_SHOWN);
};
