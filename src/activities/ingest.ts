/** A run of `ingestUrls` beside its files: the checks before it, its plan, its report. */
import type { IngestConfig } from '../config/ingest-types';
import { logLine, planIngest, planLine, type IngestRecord } from '../ingest';
import { together } from '../model/each-of';
import { LonghaulError } from '../model/errors';
import { ingestResult, MAX_INLINE_RESULTS, requestCounts } from '../model/ingest-result';
import type { IngestResult, IngestSettings } from '../model/ingest-run';
import { addRequests, type LedgerLine } from '../model/records';
import { countRequests } from '../transfer';
import type { Dependencies } from './dependencies';
import { checkTarget } from './lib/prepare/check-target';
import { ControlStore, orNull } from './lib/control/control-store';
import { earlierRequests } from './lib/attempt/counted';
import { ingestLog } from './lib/attempt/ingest-log';
import { writeManifestPages } from './lib/manifest/pages';
import { fromNdjson } from './lib/control/run-files';
import { reportHtml } from './lib/report/html';
import { ReportStats } from './lib/report/stats';
import { runRate } from './lib/prepare/run-rate-of';
import { reportOf, reportText } from './lib/report/run-report';
import { resumable } from './lib/attempt/resumable';
import { withShare } from './lib/prepare/run-share';
import type { ApiActivities, FinishIngestArgs, IngestFiles, PlanIngestArgs, PrepareIngestArgs } from './types';

const MIB = 1024 ** 2;

/** report.json, as far as it is read again. */
interface ReportHead {
  readonly outcome: string;
  readonly result?: IngestResult;
}

type Activities = Pick<ApiActivities, 'prepareIngest' | 'planIngest' | 'finishIngest'>;

export function createIngestActivities(dependencies: Dependencies): Activities {
  return {
    prepareIngest: (args) =>
      resumable({}, async (attempt) => {
        const { signal } = attempt;
        const { config, destination, control } = dependencies.ingest(args.ref);
        const settings = withShare(ingestSettings(config, args), dependencies.maxWorkers);
        const store = new ControlStore(settings, control, signal);
        await checkTarget(destination, store.files.file('run.json'), attempt);
        const report = await orNull(store.readJson<ReportHead>(store.files.file('report.json')));
        const previous = report?.outcome === 'succeeded' ? (report.result ?? null) : null;
        // A run whose files failed may be started again under its own id: it moves all of them anew.
        if (previous?.summary.failed === 0) return { settings, previous };
        const start = {
          run: settings.run,
          bucket: settings.bucket,
          path_prefix: config.aws.targetPrefix,
          concurrency: settings.maxWorkers,
          s3_part_mb: config.aws.partSizeBytes / MIB,
        };
        ingestLog(dependencies.logger, config, settings.run)(logLine('ingest_start', start));
        return { settings, previous: null };
      }),

    planIngest: (args) =>
      resumable({}, async ({ signal }) => {
        const { settings } = args;
        const { config, destination, control } = dependencies.ingest(settings);
        const { run } = settings;
        const write = ingestLog(dependencies.logger, config, run);
        const parameters = destination.display(config.ingest.parametersKey);
        const records = await readPlan(dependencies, args, signal).catch((error: unknown) => {
          if (error instanceof LonghaulError && error.code === 'ParametersLoad')
            write(logLine('parameters_load_error', { run, parameters, error: error.message }));
          throw error;
        });
        if (records.length === 0) write(logLine('no_file_urls', { run, parameters }));
        else write(planLine(run, settings.date, records));
        const store = new ControlStore(settings, control, signal);
        return writeManifestPages(dependencies.temporal, store, settings, records);
      }),

    finishIngest: (args) =>
      resumable({}, async ({ signal }) => {
        const before = addRequests(args.totals.requests, earlierRequests());
        const { result: done, requests } = await countRequests((counter) =>
          writeReport(dependencies, args, signal, () => addRequests(before, counter.counts)),
        );
        const { totals, settings } = args;
        const write = ingestLog(dependencies.logger, dependencies.ingest(settings).config, settings.run);
        const complete = {
          run: settings.run,
          total_files: totals.records,
          successful: totals.transferred + totals.copied + totals.healed,
          failed: totals.failed + totals.aborted,
          skipped: totals.skipped,
          total_bytes: totals.bytes,
          elapsed_ms: elapsedMs(args),
        };
        write(logLine('s3_request_counters', requestCounts(addRequests(before, requests))));
        if (args.outcome === 'succeeded') write(logLine('ingest_complete', complete));
        return done;
      }),
  };
}

const elapsedMs = ({ startedAt, finishedAt }: FinishIngestArgs): number =>
  Date.parse(finishedAt) - Date.parse(startedAt);

async function readPlan(
  { ingest, parameters }: Dependencies,
  { settings, files, ingestionTime }: PlanIngestArgs,
  signal: AbortSignal,
): Promise<IngestRecord[]> {
  const tools = ingest(settings);
  const { config } = tools;
  const { etag, entries } = await parameters.read(tools, signal);
  return planIngest(entries, {
    pathPrefix: config.aws.targetPrefix,
    day: settings.date,
    fileNames: config.ingest.fileNames,
    contentType: config.ingest.contentType,
    onCollision: config.ingest.onCollision,
    ingestionTime: new Date(ingestionTime),
    etag,
    files,
  });
}

/** Ledger, report.json and report.txt; `requests` of the run so far, for the result that the report holds. */
async function writeReport(
  dependencies: Dependencies,
  args: FinishIngestArgs,
  signal: AbortSignal,
  requests: () => ReturnType<typeof addRequests>,
): Promise<IngestFiles> {
  const { settings, totals } = args;
  const store = new ControlStore(settings, dependencies.control(settings), signal);
  const { files } = store;
  const ledgerKey = files.file('ledger.ndjson');
  const stats = new ReportStats(args);
  await store.joinLedger((line) => stats.add(line));
  const isShort = totals.records <= MAX_INLINE_RESULTS;
  let lines: readonly LedgerLine[] = [];
  await together(
    async () => {
      if (isShort) lines = fromNdjson<LedgerLine>(await store.read(ledgerKey), store.uri(ledgerKey));
    },
    // Staged pages name what a run has made: once it has ended they say nothing any more.
    () => store.removePages('staged'),
  );
  const done: IngestFiles = {
    report: store.uri(files.file('report.json')),
    manifest: store.uri(files.folder('manifest')),
    ledger: store.uri(ledgerKey),
    lines,
  };
  const result = ingestResult({
    ...done,
    totals,
    requests: requests(),
    elapsedMs: elapsedMs(args),
    runId: settings.run,
  });
  const report = { ...reportOf(args, store), ...(args.outcome === 'succeeded' ? { result } : {}) };
  await together(
    () => store.write(files.file('report.txt'), reportText(report, 'ingest'), 'text/plain; charset=utf-8'),
    () => store.writeHtml(reportHtml(report, stats, 'ingest')),
  );
  // Last: a run id whose report says that it succeeded is not run again.
  await store.writeJson(files.file('report.json'), report);
  return done;
}

function ingestSettings(config: IngestConfig, { ref, run, date, input }: PrepareIngestArgs): IngestSettings {
  const { aws, transfer, ingest } = config;
  const folder = date.replaceAll('-', '/');
  return {
    ...ref,
    // The input may leave it to the environment; from here on it is the same for every worker.
    project: aws.targetBucket,
    run,
    bucket: aws.targetBucket,
    // What a run holds against others: the folder of its day. Two days may be ingested at once.
    targetPrefix: aws.targetPrefix === '' ? folder : `${aws.targetPrefix}/${folder}`,
    controlPrefix: aws.controlPrefix,
    endpoint: aws.endpoint,
    maxWorkers: aws.maxWorkers,
    ...runRate(transfer.maxBytesPerSec, aws.maxWorkers),
    publish: 'direct',
    cleanup: 'none',
    onError: input.onError ?? 'continue',
    toleratedFailures: input.failOnError === true ? { count: 0 } : transfer.toleratedFailures,
    pageRecords: transfer.pageRecords,
    opensInBatch: true,
    retryForMs: transfer.retryForMs,
    date,
    skipUnchanged: ingest.skipUnchanged,
  };
}
