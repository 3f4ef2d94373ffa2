/** What `longhaul verify` reads: the ledger of a run and what it speaks of, wherever that lies. One page in memory at a time. */
import { access, stat as statFile } from 'node:fs/promises';
import * as path from 'node:path';
import { folderStore } from '../../../activities/lib/control/folder-store';
import { ObjectStores } from '../../../activities/lib/kept/object-stores';
import { RESTORE_CONTROL_FOLDER } from '../../../activities/lib/manifest/restore-plan';
import { fromNdjson, RunFiles } from '../../../activities/lib/control/run-files';
import { bucketStore, type SmallStore } from '../../../activities/lib/control/small-store';
import { transferId } from '../../../activities/lib/object/staged-object';
import { readEventTransferConfig } from '../../../config/event-transfers';
import { loadRestoreConfig } from '../../../config/restore';
import type { JobConfig } from '../../../config/types';
import { LonghaulError } from '../../../model/errors';
import type { LedgerLine, ManifestRecord } from '../../../model/records';
import type { RestoredRecord } from '../../../model/restore-run';
import type { Overrides } from '../../../model/run';
import type { TransferEvent, TransferEventResult } from '../../../model/transfer-event';
import {
  createHashPool,
  createS3Client,
  createS3Destination,
  listKeys,
  resolveInside,
  retry,
  type StoredObject,
  verifyFile,
} from '../../../transfer';
import { compare, type Verdict } from './compare';

export interface Entry {
  readonly line: Pick<LedgerLine, 'n' | 'key' | 'outcome'>;
  /** For people. */
  readonly object: string;
  check(signal: AbortSignal): Promise<Verdict>;
}

export interface VerifyPlace {
  /** Of the whole ledger, in its order; those that left nothing too. */
  entries(signal: AbortSignal): AsyncIterable<Entry>;
  /** Keys of today that runs of this target may have written; absent where there is no place that is theirs alone. */
  readonly keys?: (signal: AbortSignal) => AsyncIterable<string>;
  display(key: string): string;
  close(): Promise<void>;
}

async function* ledgerLines(store: SmallStore, files: RunFiles, signal: AbortSignal): AsyncGenerator<LedgerLine[]> {
  let pages = 0;
  for await (const key of store.list(files.folder('ledger'), signal)) {
    pages += 1;
    yield fromNdjson<LedgerLine>((await store.read(key, signal)).toString(), store.uri(key));
  }
  // Throws ObjectNotFound where the run wrote no ledger at all, or it has been removed.
  const whole = files.file('ledger.ndjson');
  if (pages === 0) yield fromNdjson<LedgerLine>((await store.read(whole, signal)).toString(), store.uri(whole));
}

interface BucketPlace {
  readonly bucket: string;
  /** `<control prefix>/<run>/report.json` */
  readonly reportKey: string;
  readonly aws: JobConfig['aws'];
}

/** The target in a report: `s3://bucket/prefix`. */
interface Target {
  readonly target?: string;
}

/** Objects of exports and ingests. Throws ObjectNotFound, Destination…, AccessDenied: what the store answers. */
export const bucketPlace = async (place: BucketPlace, signal: AbortSignal): Promise<VerifyPlace> => {
  const client = createS3Client(place.aws, { connections: 64 });
  const destination = createS3Destination({ client, bucket: place.bucket });
  const store = bucketStore(destination);
  const folder = path.posix.dirname(place.reportKey);
  const run = path.posix.basename(folder);
  const controlPrefix = path.posix.dirname(folder) === '.' ? '' : path.posix.dirname(folder);
  const files = new RunFiles({ controlPrefix, run });
  const report = JSON.parse((await store.read(place.reportKey, signal)).toString()) as Target;
  const prefix = report.target?.replace(`s3://${place.bucket}/`, '') ?? '';
  const success = prefix === '' ? '_SUCCESS' : `${prefix}/_SUCCESS`;
  const stat = (key: string): Promise<StoredObject | undefined> =>
    retry({ signal }, () => destination.stat(key, signal));
  return {
    async *entries(inner) {
      for await (const lines of ledgerLines(store, files, inner))
        for (const line of lines)
          yield {
            line,
            object: destination.display(line.key),
            check: async () => compare({ ...line, transferId: transferId({ run }, line.key) }, await stat(line.key)),
          };
    },
    async *keys(inner) {
      for await (const key of listKeys(destination, prefix === '' ? '' : `${prefix}/`, inner))
        if (key !== success && !key.startsWith(`${controlPrefix}/`)) yield key;
    },
    display: (key) => destination.display(key),
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
};

/** The one object of an event, on S3 or GCS. */
export const eventPlace = ({ destination }: TransferEvent, result: TransferEventResult): VerifyPlace => {
  const stores = new ObjectStores(readEventTransferConfig());
  const store = stores.destination(destination);
  const { bytes, checksums, stored } = result;
  const line = { n: 0, key: destination.key, outcome: 'transferred' } as const;
  const versionId = stored.versionId ?? stored.generation;
  const expected = { ...line, bytes, ...checksums, ...(versionId === undefined ? {} : { versionId }) };
  return {
    async *entries(signal) {
      const found = await retry({ signal }, () => store.stat(destination.key, signal));
      // S3 may keep the checksum that the ledger lacks; the ETag then says whether it is the one that was written.
      const sameEtag = found?.etag !== undefined && stored.etag !== undefined && found.etag === stored.etag;
      const verdict = compare(expected, found);
      yield {
        line,
        object: result.destination,
        check: () => Promise.resolve('equal' in verdict && sameEtag ? { equal: 'checksum' } : verdict),
      };
    },
    display: () => result.destination,
    close: () => Promise.resolve(),
  };
};

/** Files of one restored raw file, on this machine. Throws ObjectNotFound where its disk is another's. */
export const diskPlace = async (
  run: string,
  { destination }: RestoredRecord,
  host: string | undefined,
  set: Overrides | undefined,
): Promise<VerifyPlace> => {
  const config = loadRestoreConfig({ set });
  const store = folderStore(config.outputDir);
  const files = new RunFiles({ controlPrefix: RESTORE_CONTROL_FOLDER, run });
  const ledger = store.uri(files.file('ledger.ndjson'));
  const isHere = await access(ledger).then(
    () => true,
    () => false,
  );
  if (!isHere || destination === null)
    throw new LonghaulError(
      'ObjectNotFound',
      `The ledger ${ledger} is not on this machine${host === undefined ? '' : `: the files are on the host ${host}`}.`,
    );
  const pool = createHashPool();
  const check = async (record: ManifestRecord, signal: AbortSignal): Promise<Verdict> => {
    const file = await resolveInside(destination, record.key);
    const { expected } = record;
    if (expected === undefined) return { equal: 'size' };
    const verdict = await verifyFile(pool, file, { ...expected, chunkBytes: config.chunkSizeBytes }, signal);
    if (verdict === 'same') return { equal: 'checksum' };
    if (verdict === 'unverifiable') return { equal: 'size' };
    const bytes = await fileBytes(file);
    if (bytes === null) return { kind: 'missing', detail: 'is not there' };
    return bytes === expected.bytes
      ? { kind: 'checksum', detail: 'does not have the ETag of the catalogue' }
      : { kind: 'size', detail: `has ${bytes} bytes instead of ${expected.bytes}` };
  };
  return {
    async *entries(signal) {
      for await (const key of store.list(files.folder('ledger'), signal)) {
        const lines = fromNdjson<LedgerLine>((await store.read(key, signal)).toString(), store.uri(key));
        // Pages of the ledger are those of the manifest: the same files under the same number.
        const manifest = key.replace(files.folder('ledger'), files.folder('manifest'));
        const records = fromNdjson<ManifestRecord>(
          (await store.read(manifest, signal)).toString(),
          store.uri(manifest),
        );
        const byNumber = new Map(records.map((record) => [record.n, record]));
        for (const line of lines) {
          const record = byNumber.get(line.n);
          if (record === undefined) continue;
          yield {
            line,
            object: path.join(destination, ...record.key.split('/')),
            check: (inner) => check(record, inner),
          };
        }
      }
    },
    display: (key) => key,
    close: () => pool.close(),
  };
};

async function fileBytes(file: string): Promise<number | null> {
  return statFile(file).then(
    ({ size }) => size,
    () => null,
  );
}
