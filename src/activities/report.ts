/** The end of a run: its ledger, its report, and last of all `_SUCCESS`. */
import { together } from '../model/each-of';
import type { ExportResult } from '../model/export-run';
import { withoutRequests } from '../model/records';
import type { Dependencies } from './dependencies';
import { ControlStore, jsonText, orNull } from './lib/control/control-store';
import { reportHtml } from './lib/report/html';
import { ReportStats } from './lib/report/stats';
import { reportOf, reportText, type RunReport } from './lib/report/run-report';
import { resumable } from './lib/attempt/resumable';
import type { FinishArgs } from './finish-types';
import type { ApiActivities } from './types';

export function createReportActivities(dependencies: Dependencies): Pick<ApiActivities, 'finishRun'> {
  return {
    finishRun: (args) =>
      resumable({}, async ({ signal, repeatedSince }) => {
        const { settings } = args;
        const store = new ControlStore(settings, dependencies.control(settings), signal);
        const { files } = store;
        const done = { report: store.uri(files.file('report.json')), manifest: store.uri(files.folder('manifest')) };
        const { targetPrefix } = settings;
        const successKey = targetPrefix === '' ? '_SUCCESS' : `${targetPrefix}/_SUCCESS`;
        const success = successOf(args, done.report);
        // An attempt whose completion was lost: its last file is there, word for word. A second version of it would tell readers of a
        // second run.
        const isRepeated = repeatedSince !== undefined && args.outcome === 'succeeded';
        if (isRepeated && (await orNull(store.read(successKey))) === success) return done;
        const stats = new ReportStats(args);
        await store.joinLedger((line) => stats.add(line));
        const report = buildReport(args, store);
        await together(
          () => store.writeJson(files.file('report.json'), report),
          () => store.write(files.file('report.txt'), reportText(report), 'text/plain; charset=utf-8'),
          () => store.writeHtml(reportHtml(report, stats, 'export')),
        );
        // Staged pages name uploads: once these are published or taken back they say nothing any more.
        await store.removePages('staged');
        if (args.outcome === 'succeeded') {
          await store.writeJson(files.file('manifest/manifest.json'), {
            run: settings.run,
            pages: args.pages,
            totals: args.totals,
            ledger: report.ledger,
          });
          // Last: readers that wait for it see a complete target.
          await store.write(successKey, success, 'application/json');
        }
        dependencies.logger.info('run_complete', {
          run: settings.run,
          outcome: args.outcome,
          ...args.totals,
          ...(args.cleanup ?? {}),
        });
        return done;
      }),
  };
}

const successOf = ({ settings, exportId, finishedAt, totals }: FinishArgs, report: string): string =>
  jsonText({
    run: settings.run,
    exportId,
    finishedAt,
    records: totals.records,
    objects: totals.objects,
    bytes: totals.bytes,
    report,
  });

function buildReport(args: FinishArgs, store: ControlStore): RunReport {
  const { files } = store;
  const report = reportOf(args, store);
  if (args.outcome !== 'succeeded') return report;
  const result: ExportResult = {
    runId: args.settings.run,
    exportId: args.exportId,
    ...withoutRequests(args.totals),
    seconds: report.seconds,
    report: store.uri(files.file('report.json')),
    manifest: store.uri(files.folder('manifest')),
  };
  return { ...report, result };
}
