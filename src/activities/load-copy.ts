/** The work of a load: files become chunks, chunks become rows of the run's table, and these become those of the target. */
import { copyMeanwhile, dropLoadTables, finishLoad, removeStaging, type CopiedChunk } from '../load';
import { LonghaulError } from '../model/errors';
import type { TransferControl } from '../transfer/types';
import type { Dependencies } from './dependencies';
import { ControlStore } from './lib/control/control-store';
import { copyOne, Counter, stageAll, statementTimeout, type Work } from './lib/load/file';
import { readPlan, readStaged, writeStaged, type StagedList } from './lib/load/plan';
import { metered } from './lib/attempt/metered';
import { resumable } from './lib/attempt/resumable';
import type { CopiedChunks, LoadTransferActivities, OfSource, StagedSource } from './load-types';

export function createLoadCopyActivities(dependencies: Dependencies): LoadTransferActivities {
  return {
    stageSource: (args) =>
      moving(dependencies, args, async (work, control) => {
        const { store, load } = work;
        const { n } = args.record;
        const known = await readStaged(store, n);
        // Which of its chunks are in, the ledger knows.
        if (known?.head.loadId === load.loadId) return summary(known, []);
        const counter = new Counter(control);
        const { staged, copied } = await copyMeanwhile(
          {
            lanes: load.parallelism,
            copy: (chunk, signal) => copyOne(work, chunk, counter, signal),
            onPostponed: (error) =>
              dependencies.logger.warning('copy_postponed', {
                run: args.settings.run,
                source: args.record.source,
                error,
              }),
          },
          async (onChunk, signal) => {
            const list = await stageAll(work, args, { counter, onChunk, signal });
            await writeStaged(store, n, list);
            return list;
          },
          control.signal,
        );
        return summary(staged, copied);
      }),

    copyChunks: (args) =>
      moving(dependencies, args, async (work, control) => {
        const list = await readStaged(work.store, args.record.n);
        if (list === null)
          throw new LonghaulError('ObjectNotFound', `The list of chunks of ${args.record.source} is gone`);
        const copied: CopiedChunk[] = [];
        const counter = new Counter(control);
        for (const chunk of list.chunks.slice(args.from, args.to))
          copied.push(await copyOne(work, chunk, counter, control.signal));
        return sumOf(copied);
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
      const done = await dependencies.rates.moving(settings.rate, (limiter) =>
        work({ tools, plan, load, store, files: store.files, limiter }, metered(control, dependencies.metrics)),
      );
      ended();
      return done;
    } catch (error) {
      ended('failed');
      throw error;
    }
  });
}

const sumOf = (copied: readonly CopiedChunk[]): CopiedChunks => ({
  chunks: copied.length,
  rows: copied.reduce((sum, { rows }) => sum + rows, 0),
  rejected: copied.reduce((sum, { rejected }) => sum + rejected, 0),
});

const summary = ({ head, chunks }: StagedList, copied: readonly CopiedChunk[]): StagedSource => ({
  chunks: chunks.length,
  rows: head.rows,
  bytes: head.bytes,
  copied: sumOf(copied),
});
