/** What the transfer of an event shows of itself: the `progress` query, current details and search attributes. */
import { setCurrentDetails, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { BegunEvent } from '../../../activities/event-types';
import { formatBytes, formatDuration, plural } from '../../../model/format';
import { SEARCH_ATTRIBUTES, WORKFLOWS } from '../../../model/names';
import { operatorActions, type OperatorAction } from '../../../model/operator-actions';
import { emptyTotals, type Totals } from '../../../model/records';
import type { CleanupReport, JobProgress, Stage } from '../../../model/run';
import { causeText, cleanupLines, codeText, titled } from '../../../model/run-details';
import { replayCommand, type TransferEvent, type TransferEventResult } from '../../../model/transfer-event';
import { eventIdOf, projectOf, routeEnds, routeText } from './input';
import type { Cause } from '../failures';
import { progressQuery } from '../run/operator';

const jobKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.job, 'KEYWORD');
const projectKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.project, 'KEYWORD');
const stageKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.stage, 'KEYWORD');

export class EventProgress {
  #stage: Stage = 'transferring';
  #totals: Totals = { ...emptyTotals() };
  #failure: Cause | null = null;
  #cleanup: CleanupReport | null = null;
  /** What is known of the object: size, time, verification. */
  #about: readonly string[] = [];
  /** Into the dead-letter queue. */
  #isPutAside = false;
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
    this.#show('Moving');
  }

  begun({ uploadId, version }: BegunEvent['upload']): void {
    this.uploadId = uploadId;
    const size = version.sizeBytes === undefined ? 'a stream of unknown length' : formatBytes(version.sizeBytes);
    this.#about = [`Size: ${size}, in parts (how far they are: tab Pending Activities, heartbeat)`];
    this.#show('Moving in parts');
  }

  takingBack(): void {
    this.#enter('cleaning', 'Taking back what was written');
  }

  /** Its upload is gone: it starts again without one. */
  tookBack(): void {
    this.uploadId = null;
    this.#about = [];
    this.#stage = 'transferring';
    this.#show('Starting again');
  }

  puttingAside(cause: Cause): void {
    this.#failure = cause;
    this.#isPutAside = true;
    this.#enter('reporting', 'Putting the event into the dead-letter queue');
  }

  done({ bytes, resentBytes, verified, seconds, attempts }: TransferEventResult): void {
    this.#stage = 'done';
    this.#totals = { ...emptyTotals(), records: 1, transferred: 1, objects: 1, bytes, resentBytes };
    this.#about = [
      `Size: ${formatBytes(bytes)}${resentBytes > 0 ? `, ${formatBytes(resentBytes)} sent again` : ''}`,
      `Took: ${formatDuration(seconds * 1000)}, ${plural(attempts, 'attempt')}`,
      `Verified by: ${verified}`,
    ];
    this.#show('Moved');
  }

  failed(cause: Cause, cleanup: CleanupReport | null): void {
    this.#failure = cause;
    this.#cleanup = cleanup;
    this.#stage = 'done';
    this.#totals = { ...emptyTotals(), records: 1, failed: 1 };
    this.#show(cause.code === 'Cancelled' ? 'Cancelled' : 'Failed');
  }

  #enter(stage: Stage, word: string): void {
    this.#stage = stage;
    upsertSearchAttributes([{ key: stageKey, value: stage }]);
    this.#show(word);
  }

  #show(word: string): void {
    const id = eventIdOf(this.event);
    const [source, destination] = routeEnds(this.event);
    setCurrentDetails(
      [
        `**${word}** · event ${id === null ? 'without an id' : codeText(id)}`,
        ...(this.#failure === null ? [] : ['', causeText(this.#failure)]),
        '',
        ...[`From ${codeText(source)}`, `To ${codeText(destination)}`, ...this.#about].map((text) => `- ${text}`),
        ...titled('Taken back', cleanupLines(this.#cleanup)),
        ...titled('What you can do now', this.#actions().concat(this.#afterwards(id))),
      ].join('\n'),
    );
  }

  #actions(): string[] {
    return this.#operatorActions().map(({ text }) => text);
  }

  #operatorActions(): OperatorAction[] {
    if (this.#stage !== 'transferring') return [];
    const state = { job: WORKFLOWS.transferEvent, stage: this.#stage, workflowId: workflowInfo().workflowId };
    return operatorActions({ ...state, paused: false, failures: [], steers: false, keeps: false });
  }

  /** Once it has failed for good and the cause is removed. */
  #afterwards(eventId: string | null): string[] {
    if (this.#stage !== 'done' || this.#failure === null) return [];
    return this.#isPutAside
      ? [
          `${codeText(replayCommand(eventId))} sends the event again, once the cause is removed (\`longhaul dlq list\` shows all)`,
        ]
      : ['Send the event again, once the cause is removed: under its id it may run again, because it has failed'];
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
      actions: this.#actions(),
      commands: this.#operatorActions().map(({ command }) => command),
    };
  }
}
