/** Real runs of `ingestUrls`: a namespace and a worker for a test file, a host of files, and a bucket for each test. */
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { WorkflowHandleWithStartDetails } from '@temporalio/client';
import { ingestWorkerEnv } from '../../src/dev/sample-ingest';
import { ensureBucket } from '../../src/dev/s3-client';
import type { IngestInput, IngestResult } from '../../src/model/ingest-run';
import { TASK_QUEUES } from '../../src/model/names';
import type { ingestUrls } from '../../src/workflows';
import { listObjects, textOf } from './bucket-view';
import { startFileHost, type FileHost } from './file-host';
import { RunHarness } from './run-harness';
import { sharedStack, uniqueName } from './shared-stack';

export type IngestHandle = WorkflowHandleWithStartDetails<typeof ingestUrls>;
export type LogLine = { readonly event: string; readonly level: string; readonly ts: string } & Record<string, unknown>;

const CONTROL_PREFIX = '_longhaul/ingest';

export interface IngestRigOptions {
  /** S3 as the worker sees it: the address of a proxy. */
  readonly endpoint?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly worker?: boolean;
}

export class IngestRig {
  private constructor(
    readonly harness: RunHarness,
    readonly host: FileHost,
    readonly env: Readonly<Record<string, string | undefined>>,
  ) {}

  static async start({ endpoint, env = {}, worker = true }: IngestRigOptions = {}): Promise<IngestRig> {
    const { s3 } = sharedStack();
    const own = {
      ...ingestWorkerEnv({ ...s3, ...(endpoint === undefined ? {} : { endpoint }) }),
      LOG_LEVEL: 'DEBUG',
      S3_PART_MB: '5',
      ...env,
    };
    return IngestRig.on(await RunHarness.start({ worker, env: own }), own);
  }

  /** On a harness whose workers are the caller's, with this environment. */
  static async on(harness: RunHarness, env: IngestRig['env']): Promise<IngestRig> {
    return new IngestRig(harness, await startFileHost(), env);
  }

  async stop(): Promise<void> {
    await this.harness.stop();
    await this.host.close();
  }

  /** An empty bucket with this parameters.json: a list of files, or the text itself, or none. */
  async bucket(list?: readonly unknown[] | string): Promise<string> {
    const bucket = uniqueName('ingest');
    await ensureBucket(this.harness.s3, bucket);
    if (list !== undefined) await this.list(bucket, list);
    return bucket;
  }

  async list(bucket: string, list: readonly unknown[] | string): Promise<void> {
    const body = typeof list === 'string' ? list : JSON.stringify({ file_urls: list });
    await this.put(bucket, 'config/parameters.json', body);
  }

  async put(bucket: string, key: string, body: string): Promise<void> {
    await this.harness.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  }

  /** Starts a run as `temporal workflow start` does. */
  start(input: IngestInput | Record<string, unknown>, workflowId = uniqueName('run')): Promise<IngestHandle> {
    return this.harness.client.workflow.start<typeof ingestUrls>('ingestUrls', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId,
      args: [input],
    });
  }

  async run(input: IngestInput): Promise<IngestResult> {
    return (await this.start(input)).result();
  }

  /** Keys of a bucket outside of Longhaul's own files and parameters.json. */
  async keys(bucket: string): Promise<string[]> {
    const keys = Object.keys(await listObjects(this.harness.s3, bucket));
    return keys.filter((key) => !key.startsWith(`${CONTROL_PREFIX}/`) && key !== 'config/parameters.json').sort();
  }

  text(bucket: string, key: string): Promise<string> {
    return textOf(this.harness.s3, bucket, key);
  }

  async head(
    bucket: string,
    key: string,
  ): Promise<{ contentType: string; metadata: Record<string, string>; bytes: number }> {
    const reply = await this.harness.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    const { ContentType = '', Metadata = {}, ContentLength = -1 } = reply;
    return { contentType: ContentType, metadata: Metadata, bytes: ContentLength };
  }

  runFile(bucket: string, runId: string, name: string): Promise<string> {
    return this.text(bucket, `${CONTROL_PREFIX}/${runId}/${name}`);
  }

  /** Log lines of the workers, of one run where it is given. */
  logs(run?: string): LogLine[] {
    return this.harness
      .logs()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine)
      .filter((line) => run === undefined || line['run'] === run);
  }

  /** The events of a run, in order. */
  events(run: string): string[] {
    return this.logs(run).map(({ event }) => event);
  }
}
