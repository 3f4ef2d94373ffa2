/** The work of a load: files become chunks, chunks become rows of the run's table, and these become those of the target. */
import {
  copyChunk,
  dropLoadTables,
  finishLoad,
  PARTS_PER_FILE,
  removeStaging,
  stageFile,
  type LoadControl,
  type SourceFile,
  type StagedChunk,
  type StagedFile,
} from '../load';
import { LonghaulError } from '../model/errors';
import type { LoadOfRecord } from '../model/load-settings';
import type { TransferControl } from '../transfer/types';
import type { Dependencies } from './dependencies';
import { ControlStore } from './lib/control-store';
import { readPlan, readStaged, writeStaged, type LoadPlan, type StagedList } from './lib/load-plan';
import type { LoadTools } from './lib/load-tools';
import { metered } from './lib/metered';
import { resumable } from './lib/resumable';
import { filesOf } from './lib/source-files';
import type { LoadTransferActivities, OfSource, StagedSource } from './load-types';

export function createLoadCopyActivities(dependencies: Dependencies): LoadTransferActivities {
  return {
    stageSource: (args) =>
      moving(dependencies, args, async (work, control) => {
        const { store, load } = work;
        const { n } = args.record;
        const known = await readStaged(store, n);
        if (known?.head.loadId === load.loadId) return summary(known);
        const list = await stageAll(work, args, control);
        await writeStaged(store, n, list);
        return summary(list);
      }),

    copyChunks: (args) =>
      moving(dependencies, args, async ({ tools, plan, load, store, files }, control) => {
        const list = await readStaged(store, args.record.n);
        if (list === null)
          throw new LonghaulError('ObjectNotFound', `The list of chunks of ${args.record.source} is gone`);
        const copied = { chunks: 0, rows: 0, rejected: 0 };
        const counter = new Counter(control);
        for (const chunk of list.chunks.slice(args.from, args.to)) {
          const { rows, rejected } = await copyChunk(
            tools.database(),
            {
              runId: load.loadId,
              chunk,
              load: plan.load,
              staging: tools.destination,
              rejects: { limit: load.rejectLimit, destination: tools.destination, prefix: `${files.root}rejects/` },
              ...timeouts(tools),
              ...(tools.dataSet.via === 'aws_s3'
                ? { via: { kind: 'aws_s3', region: tools.environment.store.region } as const }
                : {}),
            },
            counter.control(),
          );
          copied.chunks += 1;
          copied.rows += rows;
          copied.rejected += rejected;
          counter.done(chunk);
        }
        return copied;
      }),

    completeLoad: ({ settings, stagedRows }) =>
      resumable({ retryForMs: settings.retryForMs }, async ({ signal }) => {
        const tools = dependencies.load(settings);
        const store = new ControlStore(settings, tools.control, signal);
        const { load, target, mapping } = await readPlan(store, settings);
        const { loadId, loadType, rejectLimit } = settings.load;
        const first = await readStaged(store, 0);
        if (stagedRows === 0 && loadType !== 'delta' && !tools.dataSet.allowEmpty)
          throw new LonghaulError('NothingToLoad', `The files at ${settings.path} hold no row`);
        const finished = await finishLoad(
          tools.database(),
          {
            runId: loadId,
            loadType,
            target: { schema: target.schema, table: target.table },
            load,
            key: tools.dataSet.key,
            columns: first?.head.columns ?? mapping.columns,
            stagedRows,
            rejectLimit,
            lockWaitMs: tools.dataSet.lockWaitMs,
            ...statementTimeout(tools),
          },
          { signal },
        );
        const { rows, rejected, duplicates, method } = finished;
        return { rows, rejected, duplicates, method };
      }),

    tidyLoad: ({ settings }) =>
      resumable({ retryForMs: Math.min(settings.retryForMs, MAX_TIDY_MS) }, async ({ signal }) => {
        const tools = dependencies.load(settings);
        const { load, schema } = settings;
        const control = { signal };
        // Each is tried whatever becomes of the other.
        const ends = await Promise.allSettled([
          removeStaging({ staging: tools.destination, prefix: load.stagingPrefix }, control),
          dropLoadTables(tools.database(), { runId: load.loadId, schema }, control),
        ]);
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
        const deletedObjects = ends[0].status === 'fulfilled' ? ends[0].value : 0;
        return { abortedUploads: 0, deletedObjects, problems: [], moreProblems: 0 };
      }),
  };
}

/** A database that is away keeps a run from ending for this long: what is left is then told, and removed by a later run. */
const MAX_TIDY_MS = 300_000;

interface Work {
  readonly tools: LoadTools;
  readonly plan: LoadPlan;
  readonly load: LoadOfRecord;
  readonly store: ControlStore;
  readonly files: ControlStore['files'];
}

/** Runs `work` on one file under heartbeats and metrics. */
function moving<T>(
  dependencies: Dependencies,
  { settings }: OfSource,
  work: (work: Work, control: TransferControl) => Promise<T>,
): Promise<T> {
  return resumable({ retryForMs: settings.retryForMs }, async (control) => {
    const { load } = settings;
    if (load === undefined) throw new LonghaulError('Internal', 'These are not the settings of a load');
    const tools = dependencies.load(settings);
    const store = new ControlStore(settings, tools.control, control.signal);
    const ended = dependencies.metrics.transferStarted();
    try {
      const plan = await readPlan(store, settings);
      const done = await work({ tools, plan, load, store, files: store.files }, metered(control, dependencies.metrics));
      ended();
      return done;
    } catch (error) {
      ended('failed');
      throw error;
    }
  });
}

const timeouts = ({
  dataSet,
}: LoadTools): { readonly stallTimeoutMs: number; readonly statementTimeoutMs?: number } => ({
  stallTimeoutMs: dataSet.stallTimeoutMs,
  ...statementTimeout({ dataSet }),
});

const statementTimeout = ({ dataSet }: Pick<LoadTools, 'dataSet'>): { readonly statementTimeoutMs?: number } =>
  dataSet.statementTimeoutMs === null ? {} : { statementTimeoutMs: dataSet.statementTimeoutMs };

const summary = ({ head, chunks }: StagedList): StagedSource => ({
  chunks: chunks.length,
  rows: head.rows,
  bytes: head.bytes,
});

/** Sums what several calls of the engine tell, as one checkpoint: how far the activity is. */
class Counter {
  private before = 0;
  private parts = 0;

  constructor(private readonly transfer: TransferControl) {}

  control(): LoadControl {
    return {
      signal: this.transfer.signal,
      onProgress: ({ bytes }) => this.tell(this.before + bytes),
    };
  }

  done({ bytes }: { readonly bytes: number }, parts = 1): void {
    this.before += bytes;
    this.parts += parts;
    this.tell(this.before);
  }

  private tell(bytes: number): void {
    this.transfer.onProgress({ v: 1, bytes, parts: this.parts, sentBytes: bytes });
  }
}

/** One file; of a sample as many as it takes. */
async function stageAll(work: Work, args: OfSource, control: TransferControl): Promise<StagedList> {
  const { tools, plan, load } = work;
  const counter = new Counter(control);
  const chunks: StagedChunk[] = [];
  let columns: readonly string[] | undefined;
  let [rows, bytes] = [0, 0];
  for (const file of await filesOf(tools, args.record, control.signal)) {
    const left = load.maxRows === null ? undefined : load.maxRows - rows;
    if (left === 0) break;
    const staged = await stageOne(work, file, left, counter.control());
    counter.done(staged, staged.chunks.length);
    chunks.push(...staged.chunks);
    columns ??= staged.columns;
    rows += staged.rows;
    bytes += staged.bytes;
  }
  return { head: { loadId: load.loadId, rows, bytes, columns: columns ?? plan.mapping.columns }, chunks };
}

function stageOne(
  { tools, plan, load }: Work,
  file: SourceFile,
  maxRows: number | undefined,
  control: LoadControl,
): Promise<StagedFile> {
  const { client, format, destination, dataSet } = tools;
  return stageFile(
    {
      client,
      file,
      format,
      mapping: plan.mapping,
      target: plan.target,
      staging: destination,
      prefix: load.stagingPrefix,
      firstPart: file.index * PARTS_PER_FILE,
      chunkSizeBytes: dataSet.chunkSizeBytes,
      stallTimeoutMs: dataSet.stallTimeoutMs,
      ...(maxRows === undefined ? {} : { maxRows }),
      ...(plan.fileColumns === null ? {} : { expectedColumns: plan.fileColumns }),
    },
    control,
  );
}
