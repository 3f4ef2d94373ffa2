/**
 * Real transfers of events: a namespace and a worker for a test file, the shared S3 server behind a proxy that follows a
 * script, the double of Cloud Storage, and a dead-letter queue. Each test takes its own keys.
 */
import { createHash, randomUUID } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { WorkflowHandleWithStartDetails } from '@temporalio/client';
import { startGcsServer, type GcsServer } from '../../src/dev/gcs-server';
import { ensureBucket } from '../../src/dev/s3-client';
import { TASK_QUEUES } from '../../src/model/names';
import {
  transferWorkflowId,
  type DeadLetterTarget,
  type DlqEnvelope,
  type EventMetadata,
  type ObjectAddress,
  type ObjectProvider,
  type TransferEvent,
  type TransferEventInput,
} from '../../src/model/transfer-event';
import type { transferEvent } from '../../src/workflows';
import { snapshotOf } from './bucket-view';
import { RunHarness } from './run-harness';
import { startS3Proxy, type Operation, type S3Proxy } from './s3-proxy';
import { startScriptedSqs, type ScriptedSqs } from './scripted-sqs';
import { sharedStack, uniqueName } from './shared-stack';

export type EventHandle = WorkflowHandleWithStartDetails<typeof transferEvent>;
export type EventLine = {
  readonly level: string;
  readonly message: string;
  readonly duration_seconds: number | null;
  readonly bytes_transferred: number | null;
} & Record<string, unknown>;

const MIB = 2 ** 20;
export const PART_BYTES = 5 * MIB;
export const sha256Of = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

/** Bytes that repeat nowhere, so that a part in the wrong place shows. */
export function patterned(bytes: number): Buffer {
  const body = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) body.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
  return body;
}

export class EventRig {
  private constructor(
    readonly harness: RunHarness,
    readonly s3: S3Proxy,
    readonly gcs: GcsServer,
    readonly sqs: ScriptedSqs,
    readonly env: Readonly<Record<string, string | undefined>>,
    readonly bucket: string,
  ) {}

  static async start(more: Readonly<Record<string, string>> = {}): Promise<EventRig> {
    const stack = sharedStack();
    const bucket = uniqueName('events');
    const s3 = await startS3Proxy(stack.s3.endpoint);
    const gcs = await startGcsServer({ buckets: [bucket] });
    const sqs = await startScriptedSqs();
    const env = {
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ACCESS_KEY_ID: stack.s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: stack.s3.secretAccessKey,
      AWS_SESSION_TOKEN: undefined,
      AWS_PROFILE: undefined,
      STORAGE_EMULATOR_HOST: gcs.endpoint,
      LONGHAUL_EVENT_PART_MB: String(PART_BYTES / MIB),
      LONGHAUL_EVENT_LANES: '2',
      ...more,
    };
    const harness = await RunHarness.start({ env });
    await ensureBucket(harness.s3, bucket);
    return new EventRig(harness, s3, gcs, sqs, env, bucket);
  }

  async stop(): Promise<void> {
    await this.harness.stop();
    await Promise.all([this.s3.close(), this.gcs.stop(), this.sqs.close()]);
  }

  get deadLetter(): DeadLetterTarget {
    return { kind: 'sqs', queueUrl: this.sqs.queueUrl, region: 'us-east-1' };
  }

  at(provider: ObjectProvider, key: string): ObjectAddress {
    return { provider, bucket: this.bucket, key, region: 'us-east-1' };
  }

  event(source: ObjectAddress, destination: ObjectAddress, metadata?: EventMetadata): TransferEvent {
    return {
      schemaVersion: '1.0.0',
      eventId: randomUUID(),
      correlationId: randomUUID(),
      timestamp: new Date().toISOString(),
      source,
      destination,
      ...(metadata === undefined ? {} : { metadata }),
    };
  }

  /** Written to the store itself, past proxy and log. */
  async put({ provider, key }: ObjectAddress, body: Buffer, contentType = 'application/x-test'): Promise<void> {
    if (provider === 'gcp_gcs') await this.gcs.putObject(this.bucket, key, body, { contentType });
    else {
      const put = new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body, ContentType: contentType });
      await this.harness.s3.send(put);
    }
  }

  /** Null where there is none. */
  async read({ provider, key }: ObjectAddress): Promise<{ body: Buffer; contentType: string | undefined } | null> {
    if (provider === 'gcp_gcs') {
      const found = this.gcs.object(this.bucket, key);
      if (found === null) return null;
      return { body: await this.gcs.readObject(this.bucket, key), contentType: found.fields.contentType };
    }
    const place = { Bucket: this.bucket, Key: key };
    const there = await this.harness.s3.send(new HeadObjectCommand(place)).catch(() => null);
    if (there === null) return null;
    const { Body, ContentType } = await this.harness.s3.send(new GetObjectCommand(place));
    return { body: Buffer.from((await Body?.transformToByteArray()) ?? []), contentType: ContentType };
  }

  /** Open uploads of both stores. */
  async uploads(): Promise<readonly string[]> {
    const s3 = await snapshotOf(this.harness.s3, this.bucket, '_longhaul');
    return [...s3.uploads, ...this.gcs.openUploads().map(({ name }) => name)];
  }

  /** As the bridge starts it. */
  start(event: TransferEvent, deadLetter: DeadLetterTarget | false = this.deadLetter): Promise<EventHandle> {
    const input: TransferEventInput = { event, ...(deadLetter === false ? {} : { deadLetter }) };
    return this.harness.client.workflow.start<typeof transferEvent>('transferEvent', {
      taskQueue: TASK_QUEUES.transfer,
      workflowId: transferWorkflowId(event.eventId),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      args: [input],
    });
  }

  /** Requests for a key that the S3 server has seen. */
  seen(key: string, operation?: Operation): number {
    const path = `/${this.bucket}/${key}`;
    return this.s3.seen.filter((each) => each.url.pathname === path && (operation ?? each.operation) === each.operation)
      .length;
  }

  /** Envelopes of an event. */
  letters({ eventId }: TransferEvent): DlqEnvelope[] {
    return this.sqs.envelopes.filter(({ event }) => event?.eventId === eventId);
  }

  /** The log lines of an event: those of eight fields. */
  lines({ eventId }: TransferEvent): EventLine[] {
    return this.harness
      .logs()
      .split('\n')
      .filter((line) => line.startsWith('{"timestamp"'))
      .map((line) => JSON.parse(line) as EventLine)
      .filter((line) => line['event_id'] === eventId);
  }
}
