/** What the transfer of an event shows of itself: the `progress` query, current details and search attributes. */
import { setCurrentDetails, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { BegunEvent } from '../../activities/event-types';
import { SEARCH_ATTRIBUTES, WORKFLOWS } from '../../model/names';
import { emptyTotals, type Totals } from '../../model/records';
import type { CleanupReport, JobProgress, Stage } from '../../model/run';
import type { TransferEvent, TransferEventResult } from '../../model/transfer-event';
import { projectOf, routeText } from './event-input';
import { hasCleanup, type Cause } from './failures';
import { progressQuery } from './operator';

const jobKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.job, 'KEYWORD');
const projectKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.project, 'KEYWORD');
const stageKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.stage, 'KEYWORD');

const MIB = 2 ** 20;
const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

export class EventProgress {
  #stage: Stage = 'transferring';
  #totals: Totals = { ...emptyTotals() };
  #failure: Cause | null = null;
  /** Of the upload that is open, as far as history knows. */
  uploadId: string | null = null;

  constructor(private readonly event: TransferEvent) {
    setHandler(progressQuery, () => this.#snapshot(), { description: 'How far the transfer is, and what failed' });
    // The bridge and the command line set them with the start, which costs no event; whoever starts it otherwise does not.
    if (workflowInfo().typedSearchAttributes.get(jobKey) === undefined) {
      upsertSearchAttributes([
        { key: jobKey, value: WORKFLOWS.transferEvent },
        { key: projectKey, value: projectOf(event) },
        { key: stageKey, value: this.#stage },
      ]);
    }
    this.#show(`Moving ${routeText(event)}`);
  }

  begun({ uploadId, version }: BegunEvent['upload']): void {
    this.uploadId = uploadId;
    const size = version.sizeBytes === undefined ? 'a stream of unknown length' : mib(version.sizeBytes);
    this.#show(`Moving ${size} in parts: ${routeText(this.event)}`);
  }

  takingBack(): void {
    this.#enter('cleaning', 'Taking back what was written');
  }

  /** Its upload is gone: it starts again without one. */
  tookBack(): void {
    this.uploadId = null;
    this.#stage = 'transferring';
  }

  puttingAside(cause: Cause): void {
    this.#failure = cause;
    this.#enter(
      'reporting',
      `Failed: ${cause.message} \`${cause.code}\`. Putting the event into the dead-letter queue`,
    );
  }

  done({ bytes, resentBytes, verified, seconds, attempts }: TransferEventResult): void {
    this.#stage = 'done';
    this.#totals = { ...emptyTotals(), records: 1, transferred: 1, objects: 1, bytes, resentBytes };
    const tries = attempts === 1 ? '' : ` and ${attempts} attempts`;
    this.#show(`Moved ${mib(bytes)} in ${seconds} s${tries}, verified by ${verified}: ${routeText(this.event)}`);
  }

  failed(cause: Cause, cleanup: CleanupReport | null): void {
    this.#failure = cause;
    this.#stage = 'done';
    this.#totals = { ...emptyTotals(), records: 1, failed: 1 };
    const lines = [`Failed: ${cause.message} \`${cause.code}\``];
    if (cleanup !== null && hasCleanup(cleanup)) {
      const { abortedUploads, deletedObjects, problems } = cleanup;
      lines.push('', `- Taken back: ${abortedUploads} uploads, ${deletedObjects} objects`);
      lines.push(...problems.map((problem) => `- Not taken back: ${problem}`));
    }
    this.#show(lines.join('\n'));
  }

  #enter(stage: Stage, sentence: string): void {
    this.#stage = stage;
    upsertSearchAttributes([{ key: stageKey, value: stage }]);
    this.#show(sentence);
  }

  #show(sentence: string): void {
    const what =
      this.#stage === 'transferring' ? '\n\nRequest Cancellation ends it and takes back what was written.' : '';
    setCurrentDetails(`${sentence}${what}`);
  }

  #snapshot(): JobProgress {
    const { workflowId, startTime } = workflowInfo();
    const startedMs = startTime.getTime();
    const elapsedMs = Math.max(0, Date.now() - startedMs);
    const isOpen = this.#stage === 'transferring';
    return {
      job: WORKFLOWS.transferEvent,
      run: workflowId,
      workflowId,
      project: projectOf(this.event),
      stage: this.#stage,
      paused: false,
      maxWorkers: 1,
      maxBytesPerSec: null,
      publish: 'direct',
      onError: null,
      exportId: null,
      exportStatus: null,
      polls: 0,
      nextPollAt: null,
      recordsTotal: 1,
      totals: this.#totals,
      publishedObjects: this.#totals.objects,
      inFlight: isOpen ? 1 : 0,
      startedAt: new Date(startedMs).toISOString(),
      elapsedMs,
      bytesPerSec: elapsedMs > 0 ? Math.round((this.#totals.bytes * 1000) / elapsedMs) : 0,
      etaMs: null,
      failures: this.#failure === null ? [] : [{ n: 0, source: routeText(this.event), ...this.#failure }],
      // Its own activities are what a watcher looks into.
      runningBatches: isOpen ? [workflowId] : [],
      actions: isOpen ? ['`longhaul abort`, or Request Cancellation, ends it and takes back what was written'] : [],
    };
  }
}
