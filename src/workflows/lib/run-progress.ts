/** What a run shows of itself: the `progress` query and the current details of the Web UI. */
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { LoadPlace } from '../../model/load-settings';
import type { JobProgress, FailedRecord, RunSettings, Stage } from '../../model/run';
import type { LoadCounts } from '../../model/load-run';
import { SEARCH_ATTRIBUTES, type JobName } from '../../model/names';
import { formatRate } from '../../model/format';
import { emptyTotals, type Totals } from '../../model/records';

const jobKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.job, 'KEYWORD');
const projectKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.project, 'KEYWORD');
const stageKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.stage, 'KEYWORD');
const failedKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.failed, 'INT');

const MAX_SHOWN_FAILURES = 5;
const MAX_SHOWN_BATCHES = 3;

/** The state that is shown; the run writes its fields, `show()` publishes them. */
export class RunProgress {
  stage: Stage = 'preparing';
  paused = false;
  maxWorkers = 0;
  maxBytesPerSec: number | null = null;
  settings: RunSettings | undefined;
  exportId: string | null = null;
  exportStatus: string | null = null;
  polls = 0;
  nextPollAt: string | null = null;
  recordsTotal: number | null = null;
  totals: Totals = emptyTotals();
  publishedObjects = 0;
  inFlight = 0;
  failures: FailedRecord[] = [];
  runningBatches: string[] = [];
  transferStartedMs: number | null = null;
  startedMs: number;

  constructor(
    readonly job: JobName,
    readonly project: string,
    readonly run: string,
    startedMs: number,
  ) {
    this.startedMs = startedMs;
  }

  /** What was prepared knows better: where the input names no bucket, the worker's environment does. */
  private get projectName(): string {
    return this.settings?.project ?? this.project;
  }

  /** Of loadToPostgres alone. */
  private get load(): LoadPlace | undefined {
    return this.settings?.place;
  }

  enter(stage: Stage): void {
    this.stage = stage;
    upsertSearchAttributes([
      { key: jobKey, value: this.job },
      { key: projectKey, value: this.projectName },
      { key: stageKey, value: stage },
      { key: failedKey, value: this.totals.failed },
    ]);
    this.show();
  }

  snapshot(nowMs: number): JobProgress {
    const { settings, totals, recordsTotal } = this;
    const movingMs = this.transferStartedMs === null ? 0 : nowMs - this.transferStartedMs;
    const done = totals.records;
    const left = recordsTotal === null ? null : recordsTotal - done;
    return {
      job: this.job,
      run: this.run,
      workflowId: workflowInfo().workflowId,
      project: this.projectName,
      stage: this.stage,
      paused: this.paused,
      maxWorkers: this.maxWorkers,
      maxBytesPerSec: this.maxBytesPerSec,
      publish: settings?.publish ?? null,
      onError: settings?.onError ?? null,
      exportId: this.exportId,
      exportStatus: this.exportStatus,
      polls: this.polls,
      nextPollAt: this.nextPollAt,
      recordsTotal,
      totals,
      publishedObjects: this.publishedObjects,
      ...(this.load === undefined ? {} : { load: this.load }),
      inFlight: this.inFlight,
      startedAt: new Date(this.startedMs).toISOString(),
      elapsedMs: nowMs - this.startedMs,
      bytesPerSec: movingMs > 0 ? Math.round((totals.bytes * 1000) / movingMs) : 0,
      etaMs: left === null || done === 0 ? null : Math.round((movingMs / done) * left),
      failures: this.failures.slice(-MAX_SHOWN_FAILURES),
      runningBatches: this.runningBatches,
      actions: this.actions(),
    };
  }

  /**
   * Markdown as the Web UI renders it: lists, because its tables have neither padding nor borders, and an empty line
   * before each list, without which it is a paragraph with dashes in it.
   */
  show(): void {
    const shown = this.snapshot(Date.now());
    const lines = [
      `**${this.paused ? `Paused while ${shown.stage}` : capitalized(shown.stage)}** · project \`${this.projectName}\` · run \`${this.run}\``,
      '',
      ...this.targetLines(),
      ...this.exportLines(shown),
      ...this.recordLines(shown),
    ];
    if (shown.failures.length > 0) {
      lines.push(
        '',
        '**Last errors**',
        '',
        ...shown.failures.map((f) => `- record ${f.n} (${f.source}): \`${f.code}\` ${f.message}`),
      );
    }
    if (shown.actions.length > 0)
      lines.push('', '**What you can do now**', '', ...shown.actions.map((action) => `- ${action}`));
    setCurrentDetails(lines.join('\n'));
  }

  private targetLines(): string[] {
    if (this.settings === undefined) return [];
    if (this.load !== undefined) return loadLines(this.load);
    const { bucket, targetPrefix, publish, host } = this.settings;
    if (host !== undefined) return [`- From \`s3://${bucket}\` to \`${targetPrefix}\` on host \`${host}\``];
    const how =
      publish === 'atomic'
        ? 'atomic: nothing is visible until every record is in'
        : 'direct: each object is visible when it is done';
    return [`- Target: \`s3://${bucket}/${targetPrefix}\`, ${how}`];
  }

  private exportLines(shown: JobProgress): string[] {
    if (shown.exportId === null) return [];
    const next = shown.nextPollAt === null ? '' : `, next poll at ${shown.nextPollAt}`;
    return [`- Export \`${shown.exportId}\`: ${shown.exportStatus ?? 'created'} after ${shown.polls} polls${next}`];
  }

  private recordLines(shown: JobProgress): string[] {
    if (shown.recordsTotal === null) return [];
    const { totals } = shown;
    const rate = shown.bytesPerSec > 0 ? `, ${mib(shown.bytesPerSec)} MiB/s` : '';
    const lines = [
      `- Records: ${totals.records} of ${shown.recordsTotal} done, ${shown.inFlight} in flight (at most ${shown.maxWorkers}), ${totals.failed} failed, ${totals.skipped} skipped`,
      `- Objects: ${totals.objects}, ${mib(totals.bytes)} MiB${rate}${limitText(shown.maxBytesPerSec)}${totals.resentBytes > 0 ? `, ${mib(totals.resentBytes)} MiB sent again` : ''}`,
    ];
    if (totals.load !== undefined) lines.push(countsLine(totals.load));
    if (shown.runningBatches.length > 0) lines.push(batchesLine(shown.runningBatches));
    if (shown.stage === 'publishing' && this.load === undefined)
      lines.push(`- Published: ${shown.publishedObjects} objects`);
    return lines;
  }

  private actions(): string[] {
    const keeps = this.settings?.cleanup === 'none' && this.load === undefined;
    const end = keeps ? 'keeps what is done' : 'takes back what it has made';
    switch (this.stage) {
      case 'parked':
        return [
          'Update `retryFailed` moves the failed records again, after you have removed the cause',
          'Update `skipRecord` gives one record up: `{"record": 7}`',
          `Update \`abort\` ends the run and ${end}`,
        ];
      case 'transferring':
        return [
          this.paused
            ? 'Update `resume` starts records again'
            : 'Update `pause` starts no more records; those in flight end',
          'Update `setMaxWorkers` changes how many move at once: `{"maxWorkers": 8}`',
          'Update `setMaxBytesPerSec` limits how fast: `{"maxBytesPerSec": 10000000}`, or `null`',
          `Update \`abort\`, or Request Cancellation, ends the run and ${end}`,
        ];
      case 'publishing':
        if (this.load !== undefined) return [`Update \`abort\`, or Request Cancellation, ends the run and ${end}`];
        return ['Nothing: publishing only goes forward and is tried until it is done'];
      case 'cleaning':
      case 'reporting':
      case 'done':
        return [];
      case 'preparing':
      case 'waiting':
      case 'exporting':
      case 'listing':
        return ['Update `abort`, or Request Cancellation, ends the run'];
    }
  }
}

/** Where the records in flight are: their bytes so far are in the heartbeats, which only their own pages show. */
const batchesLine = (workflowIds: readonly string[]): string => {
  const more = workflowIds.length > MAX_SHOWN_BATCHES ? ` and ${workflowIds.length - MAX_SHOWN_BATCHES} more` : '';
  const shown = workflowIds.slice(0, MAX_SHOWN_BATCHES).map((id) => `\`${id}\``);
  return `- Batches under way: ${shown.join(', ')}${more} (tab Relationships)`;
};

const loadLines = ({ table, loadType, env, bucket, bucketSource }: LoadPlace): string[] => [
  `- Table: \`${table}\` (${env}), ${loadType}: its readers see the old rows until all new ones are in`,
  `- Staging bucket: \`${bucket}\` (${bucketSource})`,
];

const countsLine = ({ rows, chunks, rejected, stagedBytes }: LoadCounts): string =>
  `- Rows: ${rows} in ${chunks} chunks, ${mib(stagedBytes)} MiB staged, ${rejected} rejected`;

const limitText = (bytesPerSec: number | null): string =>
  bytesPerSec === null ? '' : ` (at most ${formatRate(bytesPerSec)})`;

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
