/** The end of a run: its ledger, its report, and last of all `_SUCCESS`. */
import { emptyTotals } from '../model/records';
import { deletePrefix, listKeys, putStream } from '../transfer';
import type { Dependencies } from './dependencies';
import { ControlStore } from './lib/control-store';
import { reportText, type RunReport } from './lib/run-report';
import { resumable } from './lib/resumable';
import type { ApiActivities, FinishArgs } from './types';

export function createReportActivities(dependencies: Dependencies): Pick<ApiActivities, 'finishRun'> {
  return {
    finishRun: (args) =>
      resumable({}, async ({ signal }) => {
        const { settings } = args;
        const { destination } = dependencies.project(settings);
        const store = new ControlStore(settings, destination, signal);
        const { files } = store;
        const ledgerPages = listKeys(destination, files.folder('ledger'), signal);
        await putStream(destination, files.file('ledger.ndjson'), joinPages(store, ledgerPages), {
          contentType: 'application/x-ndjson',
          signal,
        });
        const report = buildReport(args, files);
        await store.writeJson(files.file('report.json'), report);
        await store.write(files.file('report.txt'), reportText(report), 'text/plain; charset=utf-8');
        // Staged pages name uploads: once these are published or taken back they say nothing any more.
        await deletePrefix({ destination, prefix: files.folder('staged'), signal });
        if (args.outcome === 'succeeded') {
          await store.writeJson(files.file('manifest/manifest.json'), {
            run: settings.run,
            pages: args.pages,
            totals: args.totals,
            ledger: report.ledger,
          });
          // Last: readers that wait for it see a complete target.
          const success = settings.targetPrefix === '' ? '_SUCCESS' : `${settings.targetPrefix}/_SUCCESS`;
          await store.writeJson(success, {
            run: settings.run,
            exportId: args.exportId,
            finishedAt: args.finishedAt,
            records: args.totals.records,
            objects: args.totals.objects,
            bytes: args.totals.bytes,
            report: files.uri(files.file('report.json')),
          });
        }
        dependencies.logger.info('run_complete', {
          run: settings.run,
          outcome: args.outcome,
          ...args.totals,
          ...(args.cleanup ?? {}),
        });
        return { report: files.uri(files.file('report.json')), manifest: files.uri(files.folder('manifest')) };
      }),
  };
}

/** One page in memory at a time, however long the ledger is. */
async function* joinPages(store: ControlStore, keys: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const key of keys) yield Buffer.from(await store.read(key));
}

function buildReport(args: FinishArgs, files: ControlStore['files']): RunReport {
  const { settings, outcome, totals, exportId, startedAt, finishedAt } = args;
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  const report = files.uri(files.file('report.json'));
  return {
    run: settings.run,
    project: settings.project,
    outcome,
    target: `s3://${settings.bucket}/${settings.targetPrefix}`,
    exportId,
    startedAt,
    finishedAt,
    seconds,
    totals: { ...emptyTotals(), ...totals },
    failure: args.failure,
    failures: args.failures,
    cleanup: args.cleanup,
    ledger: files.uri(files.file('ledger.ndjson')),
    ...(outcome === 'succeeded'
      ? {
          result: {
            runId: settings.run,
            exportId,
            ...totals,
            seconds,
            report,
            manifest: files.uri(files.folder('manifest')),
          },
        }
      : {}),
  };
}
