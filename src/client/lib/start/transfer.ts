/** The body of `longhaul transfer`. */
import { randomUUID } from 'node:crypto';
import { startTransfer } from '../../../bridge/start-transfer';
import { storeFromEnvironment } from '../../../config/store-environment';
import { childEnv } from '../../../config/environment';
import { LonghaulError } from '../../../model/errors';
import type { EventPriority, ObjectAddress, TransferEvent, TransferEventResult } from '../../../model/transfer-event';
import { withTemporal } from '../connection';
import type { JobWorkflow } from '../job/job';
import { transferJob, type TransferInput } from '../job/transfer';
import type { Output } from '../print/output';
import { viewFor } from '../follow/progress-view';
import { waitForRun } from '../follow/wait';

export interface TransferOptions {
  readonly source: string;
  readonly destination: string;
  readonly sourceRegion?: string;
  readonly destinationRegion?: string;
  readonly sha256?: string;
  readonly contentType?: string;
  readonly ifAbsent?: boolean;
  readonly readBack?: boolean;
  readonly maxRetries?: number;
  readonly priority?: EventPriority;
  readonly eventId?: string;
  readonly correlationId?: string;
  readonly wait: boolean;
}

const PROVIDERS = { s3: 'aws_s3', gs: 'gcp_gcs' } as const;

function addressOf(flag: string, uri: string, region: string | undefined): ObjectAddress {
  const match = /^(s3|gs):\/\/([^/]+)\/(.+)$/s.exec(uri);
  const [, scheme, bucket, key] = match ?? [];
  if ((scheme !== 's3' && scheme !== 'gs') || bucket === undefined || key === undefined) {
    throw new LonghaulError('InvalidInput', `${flag}: expected s3://bucket/key or gs://bucket/key, got "${uri}".`);
  }
  return { provider: PROVIDERS[scheme], bucket, key, region: region ?? storeFromEnvironment(childEnv()).region };
}

const present = (members: object): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

export function eventOf(options: TransferOptions): TransferEvent {
  const metadata = present({
    contentType: options.contentType,
    checksumSHA256: options.sha256,
    maxRetries: options.maxRetries,
    priority: options.priority,
    ifExists: options.ifAbsent === true ? 'ifAbsent' : undefined,
    verify: options.readBack === true ? 'read-back' : undefined,
  });
  return transferJob.check({
    schemaVersion: '1.0.0',
    eventId: options.eventId ?? randomUUID(),
    correlationId: options.correlationId ?? randomUUID(),
    timestamp: new Date().toISOString(),
    source: addressOf('--source', options.source, options.sourceRegion),
    destination: addressOf('--destination', options.destination, options.destinationRegion),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  }).event;
}

/** Starts the transfer, or joins the one that has this event id. Throws what keeps it from starting, or its own failure. */
export const runTransfer = async (output: Output, options: TransferOptions): Promise<void> => {
  const event = eventOf(options);
  await withTemporal(async ({ client, namespace }) => {
    const { outcome, workflowId, runId } = await startTransfer(client, event, null);
    const started = { workflowId, temporalRunId: runId, namespace, eventId: event.eventId, outcome };
    if (!options.wait) {
      output.data(started, () => workflowId);
      output.note(`${STARTED[outcome]} Watch it with: longhaul watch ${workflowId}`);
      return;
    }
    output.note(`${STARTED[outcome]} ${workflowId} (Temporal namespace ${namespace}).`);
    const handle = client.workflow.getHandle<JobWorkflow<TransferInput, TransferEventResult>>(workflowId);
    const result = await waitForRun(client, handle, viewFor(output.io.stderr, output.json, 'aside'), output);
    output.data({ workflowId, ...result }, () => transferJob.resultText(workflowId, result));
  });
};

const STARTED = { started: 'Started.', duplicate: 'This event is under way or done already.' } as const;
