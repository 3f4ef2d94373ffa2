/** One prefix record: its objects listed into pages, copied server-side page by page, or taken back. */
import { Context } from '@temporalio/activity';
import { PREFIX_PAGE_OBJECTS } from '../model/cost';
import { addTotals, emptyTotals, type StagedObject, type Totals } from '../model/records';
import { copyObject, parseS3Uri, prefixObjects } from '../transfer';
import type { TransferControl } from '../transfer/types';
import type { Dependencies, BucketTools } from './dependencies';
import { ControlStore, orNull, type PrefixObject } from './lib/control/control-store';
import { eachOf } from '../model/each-of';
import { writeStagedPage } from './lib/control/late-page';
import { resumable } from './lib/attempt/resumable';
import { TakeBack } from './lib/object/take-back';
import { stagedObject, transferId } from './lib/object/staged-object';
import type { OfRecord, TransferActivities } from './types';

/** Server-side copies at once within one record: they cost requests, not bytes. */
const COPIES_AT_ONCE = 8;

type Activities = Pick<TransferActivities, 'listPrefix' | 'copyPage' | 'undoPrefix'>;

export function createPrefixActivities(dependencies: Dependencies): Activities {
  return {
    listPrefix: ({ settings, record }) =>
      resumable({ retryForMs: settings.retryForMs }, async (control) => {
        const { destination, control: files } = dependencies.bucket(settings);
        const store = new ControlStore(settings, files, control.signal);
        let page: PrefixObject[] = [];
        let pages = 0;
        let objects = 0;
        const flush = async (): Promise<void> => {
          if (page.length === 0) return;
          await store.writeRecordPage('manifest', record.n, pages, page);
          pages += 1;
          page = [];
        };
        const { client } = destination;
        const { signal } = control;
        for await (const { key, relative, sizeBytes, etag } of prefixObjects({ client, uri: record.source, signal })) {
          page.push({ sourceKey: key, key: `${record.key}${relative}`, bytes: sizeBytes, etag });
          objects += 1;
          // What a crash can make us copy again, server-side.
          if (page.length === PREFIX_PAGE_OBJECTS) await flush();
        }
        await flush();
        return { pages, objects };
      }),

    copyPage: (args) =>
      resumable({ retryForMs: args.settings.retryForMs }, async (control) => copyPage(dependencies, args, control)),

    undoPrefix: (args) =>
      resumable({ forwardOnly: true }, async ({ signal }) => {
        const { settings, record, pages, sinceMs } = args;
        const { destination, control: files } = dependencies.bucket(settings);
        const store = new ControlStore(settings, files, signal);
        const undo = new TakeBack(destination, settings, signal);
        for (let page = 0; page < pages; page += 1) {
          const staged = await orNull(store.readRecordPage<StagedObject>('staged', record.n, page));
          if (staged !== null) {
            await undo.staged(staged);
            await writeDirectLedger(store, args, page, staged, 'aborted');
            continue;
          }
          // This page was under way, or not begun: what there is of it lies under its exact keys.
          const objects = (await orNull(store.readRecordPage<PrefixObject>('manifest', record.n, page))) ?? [];
          await eachOf(objects, COPIES_AT_ONCE, ({ key }) => undo.unfinished(key, null, new Date(sinceMs)));
        }
        return undo.report;
      }),
  };
}

async function copyPage(
  dependencies: Dependencies,
  args: OfRecord & { page: number; sinceMs: number },
  control: TransferControl,
): Promise<Totals> {
  const { settings, record, page } = args;
  const tools = dependencies.bucket(settings);
  const store = new ControlStore(settings, tools.control, control.signal);
  // Our own marker first: a completion that was lost must not copy again.
  const done =
    control.repeatedSince === undefined
      ? null
      : await orNull(store.readRecordPage<StagedObject>('staged', record.n, page));
  if (done !== null) {
    await writeDirectLedger(store, args, page, done, 'copied');
    return totalsOf(done);
  }
  const objects = await store.readRecordPage<PrefixObject>('manifest', record.n, page);
  const staged: StagedObject[] = [];
  let bytes = 0;
  await eachOf(objects, COPIES_AT_ONCE, async (object) => {
    const made = await copyOne(tools, args, object, control);
    staged.push(made);
    bytes += object.bytes;
    control.onProgress({ v: 1, bytes, parts: staged.length, sentBytes: bytes });
  });
  staged.sort((a, b) => (a.line.key < b.line.key ? -1 : 1));
  await writeStagedPage(store, store.files.recordPage('staged', record.n, page), staged);
  await writeDirectLedger(store, args, page, staged, 'copied');
  return totalsOf(staged);
}

/** Direct: nothing is left to publish, so this page says what became of the objects. Atomic: publishing writes it. */
async function writeDirectLedger(
  store: ControlStore,
  { settings, record }: OfRecord,
  page: number,
  staged: readonly StagedObject[],
  outcome: 'copied' | 'aborted',
): Promise<void> {
  if (settings.publish !== 'direct') return;
  const lines = staged.map(({ line }) => ({ ...line, outcome }));
  await store.writeRecordPage('ledger', record.n, page, lines);
}

async function copyOne(
  { config, destination }: BucketTools,
  { settings, record }: OfRecord,
  object: PrefixObject,
  control: TransferControl,
): Promise<StagedObject> {
  const { bucket } = parseS3Uri(record.source);
  const id = transferId(settings, object.key);
  const startedAtMs = Date.now();
  const spec = {
    source: { client: destination.client, bucket, key: object.sourceKey, etag: object.etag },
    destination,
    key: object.key,
    transferId: id,
    publish: settings.publish,
    copyPartThresholdBytes: config.transfer.copyPartThresholdBytes,
    lanes: config.transfer.lanes,
  };
  // The page's checkpoint is not the object's; a repeated attempt asks the destination itself.
  const { signal, repeatedSince } = control;
  const own = { signal, onProgress: () => undefined, ...(repeatedSince === undefined ? {} : { repeatedSince }) };
  const copied = await copyObject(spec, own);
  Context.current().log.debug('object_copied', { source: object.sourceKey, key: object.key });
  return stagedObject({
    record,
    source: `s3://${bucket}/${object.sourceKey}`,
    key: object.key,
    object: copied,
    outcome: 'copied',
    transferId: id,
    startedAtMs,
  });
}

const totalsOf = (staged: readonly StagedObject[]): Totals =>
  staged.reduce(
    (sum, { line, resentBytes }) =>
      addTotals(sum, { ...emptyTotals(), copied: 1, objects: 1, bytes: line.bytes, resentBytes }),
    emptyTotals(),
  );
