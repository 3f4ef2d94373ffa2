/** From what the engine moved to what the run keeps of it. */
import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { RecordSettings } from '../../../model/run';
import type { ManifestRecord, Outcome, StagedObject } from '../../../model/records';
import type { MovedObject } from '../../../transfer/types';

/**
 * Marks an object as written by this run for this record. The same for every attempt, so that a repeated one knows its
 * own work; different for every run, so that nothing of another run is taken for ours.
 */
export const transferId = (settings: Pick<RecordSettings, 'run'>, key: string): string =>
  createHash('sha256').update(`${settings.run}\n${key}`).digest('hex').slice(0, 32);

interface Moved {
  readonly record: Pick<ManifestRecord, 'n' | 'dataset'>;
  readonly source: string;
  readonly key: string;
  readonly object: MovedObject;
  readonly outcome: Extract<Outcome, 'transferred' | 'copied'>;
  readonly transferId: string;
  readonly startedAtMs: number;
}

/** Called within an activity: its attempt is what the ledger counts. */
export function stagedObject({
  record,
  source,
  key,
  object,
  outcome,
  transferId: id,
  startedAtMs,
}: Moved): StagedObject {
  return {
    line: {
      n: record.n,
      dataset: record.dataset,
      source,
      key,
      bytes: object.bytes,
      ...(object.crc32 === undefined ? {} : { crc32: object.crc32 }),
      ...(object.crc32c === undefined ? {} : { crc32c: object.crc32c }),
      parts: object.parts,
      attempts: Context.current().info.attempt,
      outcome,
      ...(object.versionId === undefined ? {} : { versionId: object.versionId }),
      startedAt: new Date(startedAtMs).toISOString(),
      finishedAt: new Date().toISOString(),
      verified: object.verified,
    },
    resentBytes: Math.max(0, object.sentBytes - object.bytes),
    transferId: id,
    ...(object.uploadId === undefined ? {} : { uploadId: object.uploadId }),
    ...(object.partEtag === undefined ? {} : { partEtag: object.partEtag }),
    ...(object.etag === undefined ? {} : { etag: object.etag }),
  };
}
