/** The end of a restore: ledger, report.json, the status report beside the files, and who wants to be told. */
import * as path from 'node:path';
import { createCatalogue, reportFileName, selectFiles, statusReport, type ReportedFile } from '../catalogue';
import { describe } from './lib/attempt/failures';
import { restoreStatus, type RestoredRecord } from '../model/restore-run';
import type { LedgerLine, ManifestRecord } from '../model/records';
import { notifyWebhook } from '../ops/webhook';
import { resolveInside } from '../transfer';
import type { Dependencies, RestoreTools } from './dependencies';
import { ControlStore, orNull } from './lib/control/control-store';
import { folderStore } from './lib/control/folder-store';
import { reportHtml } from './lib/report/html';
import { ReportStats } from './lib/report/stats';
import { reportOf } from './lib/report/run-report';
import { resumable } from './lib/attempt/resumable';
import type { FinishRestoreArgs, RestoreActivities } from './restore-types';

interface FileEnd extends ReportedFile {
  readonly code?: string;
}

export function createRestoreFinishActivities(dependencies: Dependencies): Pick<RestoreActivities, 'finishRestore'> {
  const { logger } = dependencies;
  return {
    finishRestore: (args) =>
      resumable({}, async ({ signal }) => {
        const { settings } = args;
        const { run, restore } = settings;
        const tools = dependencies.restore(settings);
        const store = new ControlStore(settings, tools.control, signal);
        const files = await fileEnds(tools, args, store, signal);
        const stats = new ReportStats(args);
        await store.joinLedger((line) => stats.add(line));
        const report = await writeStatusReport(tools, args, files, store, signal);
        const restored = summary(args, files, report);
        await store.writeJson(store.files.file('report.json'), reportJson(args, restored));
        await store.writeHtml(reportHtml({ ...reportOf(args, store), target: settings.destination }, stats, 'restore'));
        await store.removePages('staged');
        const fields = { run, raw_file_id: restore.rawFileId };
        for (const { path: file, code, error } of files.filter((each) => each.error !== undefined))
          logger.error('file_error', { ...fields, file, code, error });
        logger.info('restore_complete', { ...fields, outcome: args.outcome, ...restored, elapsed_ms: elapsedMs(args) });
        await notify(dependencies, tools, args, restored, signal);
        return { report, restored };
      }),
  };
}

const elapsedMs = ({ startedAt, finishedAt }: FinishRestoreArgs): number =>
  Date.parse(finishedAt) - Date.parse(startedAt);

/** What became of each file: of the ledger, and for what never got there, why the run has ended. */
async function fileEnds(
  tools: RestoreTools,
  args: FinishRestoreArgs,
  store: ControlStore,
  signal: AbortSignal,
): Promise<FileEnd[]> {
  if (args.pages === 0) {
    const paths = await wantedPaths(tools, args, signal);
    return paths.map((file) => untouched(file, args));
  }
  const ends: FileEnd[] = [];
  for (let page = 0; page < args.pages; page += 1) {
    const records = (await orNull(store.readPage('manifest', page))) ?? [];
    const lines = new Map(((await orNull(store.readPage('ledger', page))) ?? []).map((line) => [line.n, line]));
    ends.push(...records.map((record) => endOf(record, lines.get(record.n), args)));
  }
  return ends;
}

function endOf(record: ManifestRecord, line: LedgerLine | undefined, args: FinishRestoreArgs): FileEnd {
  if (line === undefined || line.outcome === 'aborted') return untouched(record.key, args);
  const { outcome, bytes, errorCode, error, startedAt, finishedAt } = line;
  return {
    path: record.key,
    outcome,
    bytes,
    elapsedMs: Date.parse(finishedAt) - Date.parse(startedAt),
    ...(errorCode === undefined ? {} : { code: errorCode, error: `${errorCode}: ${error ?? ''}` }),
  };
}

function untouched(file: string, { outcome, failure }: FinishRestoreArgs): FileEnd {
  const why =
    outcome === 'cancelled' || failure === null
      ? { code: 'Cancelled', error: 'Cancelled' }
      : { code: failure.code, error: `${failure.code}: ${failure.message}` };
  return { path: file, outcome: 'aborted', bytes: 0, elapsedMs: 0, ...why };
}

/** A run that ended before its manifest was written says of each file, if the catalogue still can, that it is not there. */
async function wantedPaths({ config }: RestoreTools, args: FinishRestoreArgs, signal: AbortSignal): Promise<string[]> {
  const catalogue = createCatalogue(config.catalogue);
  try {
    const record = await catalogue.find(args.settings.restore.rawFileId, signal);
    return selectFiles(record?.files ?? [], args.settings.include).map((file) => file.path);
  } catch {
    signal.throwIfAborted();
    return [];
  } finally {
    await catalogue.close();
  }
}

/** Beside the files; among the run's own where the project's folder is a way out of the output folder. Answers its path. */
async function writeStatusReport(
  { config, control }: RestoreTools,
  { settings, finishedAt }: FinishRestoreArgs,
  files: readonly FileEnd[],
  store: ControlStore,
  signal: AbortSignal,
): Promise<string> {
  const { restore, bucket, destination } = settings;
  const at = new Date(finishedAt);
  const { rawFileId, projectId } = restore;
  const text = statusReport({ rawFileId, projectId, bucket, at, destination, files });
  const name = reportFileName(rawFileId, at);
  const isInside = await resolveInside(config.outputDir, `${projectId}/${name}`).then(
    () => true,
    () => false,
  );
  const target = isInside ? folderStore(config.outputDir) : control;
  const key = isInside ? `${projectId}/${name}` : store.files.root + name;
  await target.write(key, Buffer.from(text), 'text/plain; charset=utf-8', signal);
  return isInside ? path.join(destination, name) : control.uri(key);
}

function summary(args: FinishRestoreArgs, files: readonly FileEnd[], report: string): RestoredRecord {
  const { restore, destination } = args.settings;
  const count = (...outcomes: FileEnd['outcome'][]): FileEnd[] => files.filter((f) => outcomes.includes(f.outcome));
  const moved = count('transferred', 'copied', 'healed');
  const failed = count('failed', 'aborted');
  const successful = files.length - failed.length;
  const [first] = failed;
  return {
    raw_file_id: restore.rawFileId,
    project_id: restore.projectId,
    destination,
    status: restoreStatus({ successful, failed: failed.length }),
    total_files: files.length,
    successful,
    failed: failed.length,
    downloaded: count('transferred', 'copied').length,
    skipped: count('skipped').length,
    healed: count('healed').length,
    bytes: moved.reduce((sum, { bytes }) => sum + bytes, 0),
    report,
    ...(first === undefined
      ? {}
      : { error: { code: first.code ?? '', message: `${first.path}: ${first.error ?? ''}` } }),
  };
}

function reportJson(args: FinishRestoreArgs, restored: RestoredRecord): object {
  const { settings, outcome, totals, startedAt, finishedAt, failure, failures } = args;
  const { run, host, bucket } = settings;
  const seconds = elapsedMs(args) / 1000;
  return { run, host, bucket, outcome, startedAt, finishedAt, seconds, restored, totals, failure, failures };
}

/** Never fails the run: what it tells of is done. */
async function notify(
  { logger }: Dependencies,
  { config }: RestoreTools,
  args: FinishRestoreArgs,
  restored: RestoredRecord,
  signal: AbortSignal,
): Promise<void> {
  const { webhook } = config;
  if (webhook === null) return;
  const { run, host } = args.settings;
  const fields = { run, raw_file_id: restored.raw_file_id };
  if (webhook.value === null) {
    logger.warning('notify_failed', { ...fields, code: 'WebhookFailed', error: `The ${webhook.source}` });
    return;
  }
  const { outcome } = args;
  try {
    await notifyWebhook(
      webhook.value,
      { job: 'restoreFiles', run, host, outcome, seconds: elapsedMs(args) / 1000, ...restored },
      signal,
    );
    logger.info('notify_complete', fields);
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = describe(error);
    logger.warning('notify_failed', { ...fields, code, error: message });
  }
}
