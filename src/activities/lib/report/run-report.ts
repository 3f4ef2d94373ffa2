/** What report.json holds, and report.txt, the same for people. */
import { ERRORS, isErrorCode } from '../../../model/errors';
import type { CleanupReport, FailedRecord } from '../../../model/run';
import type { LoadPlace } from '../../../model/job-settings';
import { emptyTotals, type Totals } from '../../../model/records';
import type { FinishArgs } from '../../finish-types';
import type { ControlStore } from '../control/control-store';

export interface RunReport {
  readonly run: string;
  readonly project: string;
  readonly outcome: FinishArgs['outcome'];
  readonly target: string;
  readonly exportId: string | null;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly seconds: number;
  readonly totals: Totals;
  readonly failure: FinishArgs['failure'];
  readonly failures: readonly FailedRecord[];
  readonly cleanup: CleanupReport | null;
  readonly ledger: string;
  /** Of loadToPostgres. */
  readonly load?: LoadPlace;
  /** Of a success: what the workflow answers, also to a repeated run with the same run id. */
  readonly result?: object;
}

const MIB = 1024 ** 2;

/** The report of a run of any job, without its result. */
export function reportOf(args: FinishArgs, store: ControlStore): RunReport {
  const { settings, outcome, totals, exportId, startedAt, finishedAt } = args;
  return {
    run: settings.run,
    project: settings.project,
    outcome,
    target: settings.place === undefined ? `s3://${settings.bucket}/${settings.targetPrefix}` : tableOf(settings.place),
    exportId,
    startedAt,
    finishedAt,
    seconds: (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000,
    totals: { ...emptyTotals(), ...totals },
    failure: args.failure,
    failures: args.failures,
    cleanup: args.cleanup,
    ledger: store.uri(store.files.file('ledger.ndjson')),
  };
}

const tableOf = ({ database, table }: LoadPlace): string => `${database} ${table}`;

const loadLines = ({ bucket, bucketSource, bucketFrom, env, loadType }: LoadPlace, { load }: Totals): string[] => [
  `Load: ${loadType}, environment ${env}`,
  `Staging bucket: ${bucket} (${bucketSource}: ${bucketFrom})`,
  `Rows: ${load?.rows ?? 0} copied of ${load?.stagedRows ?? 0} staged, ${load?.rejected ?? 0} rejected`,
  `Chunks: ${load?.chunks ?? 0}, ${((load?.stagedBytes ?? 0) / MIB).toFixed(1)} MiB of CSV`,
];

/** @param job `export`: the report names the export that the records came from. */
export function reportText(report: RunReport, job: 'export' | 'ingest' | 'load' = 'export'): string {
  const { totals, cleanup, failure } = report;
  const title = `Longhaul ${job} report: ${report.outcome}`;
  const lines = [
    title,
    '='.repeat(title.length),
    `Run: ${report.run}`,
    `Project: ${report.project}`,
    `Target: ${report.target}`,
    ...(job === 'export' ? [`Export: ${report.exportId ?? 'given records'}`] : []),
    `Started: ${report.startedAt}`,
    `Finished: ${report.finishedAt} (${report.seconds.toFixed(1)} s)`,
    ...(report.load === undefined ? [] : loadLines(report.load, totals)),
    '',
    `Records: ${totals.records} (${totals.failed} failed, ${totals.skipped} skipped, ${totals.aborted} aborted)`,
    `Objects: ${totals.objects} (${totals.transferred} transferred, ${totals.copied} copied)`,
    `Bytes: ${totals.bytes} (${(totals.bytes / MIB).toFixed(1)} MiB), sent again: ${totals.resentBytes}`,
  ];
  if (failure !== null) {
    lines.push('', `Failure: ${failure.code}: ${failure.message}`);
    if (isErrorCode(failure.code)) lines.push(`What to do: ${ERRORS[failure.code].hint}`);
  }
  if (report.failures.length > 0) {
    lines.push('', 'Failed records:', ...report.failures.map((f) => `  ${f.n} ${f.source}: ${f.code}: ${f.message}`));
  }
  if (cleanup !== null) {
    lines.push('', `Cleanup: ${cleanup.abortedUploads} uploads aborted, ${cleanup.deletedObjects} objects deleted`);
    lines.push(...cleanup.problems.map((problem) => `  not undone: ${problem}`));
    if (cleanup.moreProblems > 0) lines.push(`  and ${cleanup.moreProblems} more`);
  }
  return `${lines.join('\n')}\n`;
}
