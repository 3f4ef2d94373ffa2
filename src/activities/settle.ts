/** The end of a page: published, or taken back. Both write its ledger page; both can be repeated. */
import { LonghaulError } from '../model/errors';
import type { FailedRecord } from '../model/run';
import { emptyTotals, type LedgerLine, type StagedLine, type StagedObject, type Totals } from '../model/records';
import { deletePrefix, publishUpload, type S3Destination } from '../transfer';
import type { TransferControl } from '../transfer/types';
import type { Dependencies } from './dependencies';
import { ControlStore, orNull } from './lib/control/control-store';
import { eachOf } from '../model/each-of';
import { resumable } from './lib/attempt/resumable';
import { TakeBack } from './lib/object/take-back';
import type { TransferActivities } from './types';

const PUBLISH_AT_ONCE = 16;
const MAX_PROBLEMS = 50;

type Activities = Pick<TransferActivities, 'publishPage' | 'undoPage' | 'clearPrefix'>;

export function createSettleActivities(dependencies: Dependencies): Activities {
  return {
    publishPage: ({ settings, page }) =>
      resumable({ forwardOnly: true }, async (control) => {
        const { destination, control: files } = dependencies.bucket(settings);
        const store = new ControlStore(settings, files, control.signal);
        const publishing = new Publishing(destination, control);
        if ((await orNull(store.readPage('staged', page))) === null) {
          // Without the list nothing of the page can be published: never a success that lacks objects.
          const source = store.uri(store.files.page('staged', page));
          const message = `The list of uploads to publish is gone: ${source}`;
          const problem = { n: page * settings.pageRecords, source, code: 'VerificationFailed', message };
          return { totals: emptyTotals(), problems: [problem] };
        }
        await eachPageOf(store, page, async (objects, writeLedger) => writeLedger(await publishing.publish(objects)));
        dependencies.logger.info('page_published', { run: settings.run, page, ...publishing.totals });
        return { totals: publishing.totals, problems: publishing.problems };
      }),

    undoPage: ({ settings, page }) =>
      resumable({ forwardOnly: true }, async ({ signal, onProgress }) => {
        const { destination, control: files } = dependencies.bucket(settings);
        const store = new ControlStore(settings, files, signal);
        let parts = 0;
        const onDone = (): void => onProgress({ v: 1, bytes: 0, parts: (parts += 1), sentBytes: 0 });
        const undo = new TakeBack(destination, settings, signal, onDone);
        await eachPageOf(store, page, async (objects, writeLedger) => {
          await undo.staged(objects);
          await writeLedger(
            objects.map(({ line }) => (line.outcome === 'failed' ? line : { ...line, outcome: 'aborted' })),
          );
        });
        dependencies.logger.info('page_undone', { run: settings.run, page, ...undo.report });
        return undo.report;
      }),

    clearPrefix: ({ settings }) =>
      resumable({ forwardOnly: true }, async ({ signal }) => {
        const { destination } = dependencies.bucket(settings);
        const prefix = folderOf(settings.targetPrefix);
        const keep = folderOf(settings.controlPrefix);
        const deletedObjects = await deletePrefix({ destination, prefix, keep, signal });
        return { abortedUploads: 0, deletedObjects, problems: [], moreProblems: 0 };
      }),
  };
}

const folderOf = (prefix: string): string => (prefix === '' ? '' : `${prefix}/`);

/** Calls `settle` with the objects of the batch's own staged page, then with each page of its prefix records. */
async function eachPageOf(
  store: ControlStore,
  page: number,
  settle: (
    objects: readonly StagedObject[],
    writeLedger: (lines: readonly LedgerLine[]) => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  const lines = (await orNull(store.readPage('staged', page))) ?? [];
  const own = lines.filter((line): line is StagedObject => 'line' in line);
  await settle(own, (ledger) => store.writePage('ledger', page, ledger));
  for (const { prefixRecord, pages } of lines.filter(isPrefix)) {
    for (let recordPage = 0; recordPage < pages; recordPage += 1) {
      const objects = (await orNull(store.readRecordPage<StagedObject>('staged', prefixRecord, recordPage))) ?? [];
      await settle(objects, (ledger) => store.writeRecordPage('ledger', prefixRecord, recordPage, ledger));
    }
  }
}

const isPrefix = (line: StagedLine): line is Exclude<StagedLine, StagedObject> => 'prefixRecord' in line;

class Publishing {
  totals: Totals = emptyTotals();
  readonly problems: FailedRecord[] = [];

  constructor(
    private readonly destination: S3Destination,
    private readonly control: TransferControl,
  ) {}

  async publish(objects: readonly StagedObject[]): Promise<LedgerLine[]> {
    const lines = new Map<StagedObject, LedgerLine>();
    await eachOf(objects, PUBLISH_AT_ONCE, async (object) => {
      lines.set(object, object.uploadId === undefined ? object.line : await this.publishOne(object, object.uploadId));
      this.totals = { ...this.totals, objects: this.totals.objects + 1, bytes: this.totals.bytes + object.line.bytes };
      this.control.onProgress({ v: 1, bytes: this.totals.bytes, parts: this.totals.objects, sentBytes: 0 });
    });
    return objects.map((object) => lines.get(object) ?? object.line);
  }

  private async publishOne({ line, transferId, partEtag }: StagedObject, uploadId: string): Promise<LedgerLine> {
    const { key, bytes, crc32, crc32c, parts, verified } = line;
    try {
      const published = await publishUpload({
        destination: this.destination,
        key,
        uploadId,
        transferId,
        bytes,
        ...(crc32 === undefined ? {} : { crc32 }),
        ...(crc32c === undefined ? {} : { crc32c }),
        parts,
        ...(verified === undefined ? {} : { verified }),
        ...(partEtag === undefined ? {} : { partEtag }),
        signal: this.control.signal,
      });
      return {
        ...line,
        ...(published.versionId === undefined ? {} : { versionId: published.versionId }),
        movedAt: line.movedAt ?? line.finishedAt,
        finishedAt: new Date().toISOString(),
      };
    } catch (error) {
      // Lost for good (somebody aborted the upload, or wrote over it): trying for ever would hide it, so it is said.
      if (!(error instanceof LonghaulError) || !['UploadLost', 'VerificationFailed'].includes(error.code)) throw error;
      if (this.problems.length < MAX_PROBLEMS)
        this.problems.push({ n: line.n, source: line.source, code: error.code, message: error.message });
      return { ...line, outcome: 'failed', errorCode: error.code, error: error.message };
    }
  }
}
