/** What batches and records show of themselves in the Web UI: summaries for lists and timelines, current details. */
import { plural } from '../../../model/format';
import type { ManifestRecord } from '../../../model/records';
import { causeText, codeText, titled } from '../../../model/run-details';
import { routeSummary } from '../../../model/summary';
import type { BatchReport } from '../batch/messages';
import type { Cause } from '../failures';

const MAX_SHOWN_FAILURES = 3;
const STEER_THE_RUN =
  'Orders go to the run that this belongs to (tab Relationships, its root): pause, retry, skip, abort.';

/** Bytes of what is under way are in heartbeats alone: nothing else is told often enough. */
export const WHERE = 'how far it is: tab Pending Activities, heartbeat';
export const MOVING = `Moving: ${WHERE}`;

const destinationOf = ({ kind, key }: ManifestRecord, bucket: string): string =>
  kind === 'file' ? key : `s3://${bucket}/${key}`;

/** `Moves https://vendor/part-0.parquet to s3://bucket/data/part-0.parquet` */
export const recordSummary = (record: ManifestRecord, bucket: string): string =>
  record.kind === 'load'
    ? `Loads ${routeSummary(record.source, record.key)}`
    : `Moves ${routeSummary(record.source, destinationOf(record, bucket))}`;

/** Of a record with a workflow of its own. */
export const recordDetails = (record: ManifestRecord, state: string, cause?: Cause): string =>
  [
    `**Record ${record.n}** · ${state}`,
    ...(cause === undefined ? [] : ['', causeText(cause)]),
    '',
    `- From ${codeText(record.source)}`,
    `- To ${codeText(record.key)}`,
    '',
    STEER_THE_RUN,
  ].join('\n');

export const batchDetails = (batch: BatchReport & { readonly run: string; readonly records: number }): string => {
  const { page, run, records, totals, inFlight, unstarted, failed, parked } = batch;
  const done = `${totals.records} of ${plural(records, 'record')} done`;
  return [
    `**${parked ? 'Parked' : 'Moving'}** · page ${page} of run ${codeText(run)}`,
    '',
    `- ${done}, ${inFlight} in flight, ${unstarted} not started, ${failed.length} failed`,
    ...titled(
      'Last errors',
      failed
        .slice(-MAX_SHOWN_FAILURES)
        .map(({ n, source, ...cause }) => `record ${n} (${codeText(source)}): ${causeText(cause)}`),
    ),
    '',
    STEER_THE_RUN,
  ].join('\n');
};

export const clock = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)} UTC`;
