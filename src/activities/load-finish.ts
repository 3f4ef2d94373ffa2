/** The end of a load: its ledger, its report, and the result that both hold. */
import type { LoadResult } from '../model/load-run';
import type { Dependencies } from './dependencies';
import { ControlStore } from './lib/control/control-store';
import { reportHtml } from './lib/report/html';
import { ReportStats } from './lib/report/stats';
import { reportOf, reportText } from './lib/report/run-report';
import { resumable } from './lib/attempt/resumable';
import type { FinishLoadArgs, LoadApiActivities } from './load-types';

export function createLoadFinishActivities(dependencies: Dependencies): Pick<LoadApiActivities, 'finishLoad'> {
  return {
    finishLoad: (args) =>
      resumable({}, async ({ signal }) => {
        const { settings, outcome } = args;
        const store = new ControlStore(settings, dependencies.control(settings), signal);
        const { files } = store;
        const stats = new ReportStats(args);
        await store.joinLedger((line) => stats.add(line));
        const result = resultOf(args, store);
        const report = {
          ...reportOf(args, store),
          load: settings.place,
          ...(outcome === 'succeeded' ? { result } : {}),
        };
        await store.write(files.file('report.txt'), reportText(report, 'load'), 'text/plain; charset=utf-8');
        await store.writeHtml(reportHtml(report, stats, 'load'));
        // They name chunks, and these are gone.
        await store.removePages('staged');
        // Last: a run id whose report says that it succeeded is not run again.
        await store.writeJson(files.file('report.json'), report);
        dependencies.logger.info('run_complete', { run: settings.run, outcome, ...result, ...(args.cleanup ?? {}) });
        return { report: result.report, result };
      }),
  };
}

function resultOf(
  { settings, completed, totals, startedAt, finishedAt }: FinishLoadArgs,
  store: ControlStore,
): LoadResult {
  const { place, load } = settings;
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  const rows = completed?.rows ?? 0;
  const rejected = completed?.rejected ?? totals.load?.rejected ?? 0;
  return {
    rows,
    chunks: totals.load?.chunks ?? 0,
    bytes: totals.load?.stagedBytes ?? 0,
    seconds,
    rows_per_sec: seconds > 0 ? Math.round(rows / seconds) : 0,
    bucket: place.bucket,
    bucket_source: place.bucketSource,
    rejected,
    files: totals.transferred,
    table: place.table,
    load_type: load.loadType,
    data_set: settings.project,
    env: load.env,
    run_id: settings.run,
    report: store.uri(store.files.file('report.json')),
    rejects: rejected === 0 ? null : store.uri(`${store.files.root}rejects/`),
  };
}
