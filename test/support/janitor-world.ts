/** Buckets with leftovers of known ages, for tests of the janitor. */
import * as path from 'node:path';
import { CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { eachOf } from '../../src/model/each-of';
import { TASK_QUEUES } from '../../src/model/names';
import type { JanitorInput, JanitorResult } from '../../src/model/janitor';
import type { cleanUp } from '../../src/workflows';
import { backdateObject, backdateUpload, backdateUploads, listObjects, plantUpload } from './bucket-view';
import type { RunHarness } from './run-harness';
import { uniqueName } from './shared-stack';
import type { TestProject } from './test-project';

const DAY_MS = 86_400_000;

/** Where runs write, of whichever job. */
export type Place = Pick<TestProject, 'harness' | 'bucket' | 'controlPrefix' | 'targetPrefix'>;

const bucketFolder = ({ harness, bucket }: Place): string => path.join(harness.servers.dataDir, 's3', 'data', bucket);

/** Somebody's open upload, begun so many days ago. Answers its id. */
export const uploadOf = ({ harness, bucket }: Place, key: string, days: number): Promise<string> =>
  plantUpload(harness.s3, bucket, key, path.join(harness.servers.dataDir, 's3', 'data'), days * DAY_MS);

/** The same under many keys, without any part. */
export async function uploadsUnder(project: Place, keys: readonly string[], days: number): Promise<void> {
  const { harness, bucket } = project;
  const ids: string[] = [];
  await eachOf(keys, 16, async (Key) => {
    const { UploadId = '' } = await harness.s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    ids.push(UploadId);
  });
  backdateUploads(bucketFolder(project), ids, days * DAY_MS);
}

export const ageUpload = (project: Place, uploadId: string, days: number): void =>
  backdateUpload(bucketFolder(project), uploadId, days * DAY_MS);

/** All files of one run. */
export async function ageRun(project: Place, run: string, days: number): Promise<void> {
  const { harness, bucket, controlPrefix } = project;
  for (const key of Object.keys(await listObjects(harness.s3, bucket, `${controlPrefix}/${run}/`)))
    backdateObject(bucketFolder(project), key, days * DAY_MS);
}

export interface PlantedRun {
  /** Other fields of `owner` in run.json than those of a run that this namespace has forgotten; null: none. */
  readonly owner?: Readonly<Record<string, string>> | null;
  readonly days: number;
  /** Of its manifest; text: as it is. */
  readonly keys: readonly string[] | string;
}

/** The files of a terminated run, without any run. Answers its name. */
export async function plantRun(project: Place, { owner = {}, days, keys }: PlantedRun): Promise<string> {
  const { harness, bucket, controlPrefix, targetPrefix } = project;
  const run = uniqueName('planted');
  const known = {
    namespace: harness.namespace,
    workflowId: run,
    temporalRunId: '01a1fef1-0000-7000-8000-000000000000',
  };
  const settings = { run, targetPrefix, ...(owner === null ? {} : { owner: { ...known, ...owner } }) };
  const page =
    typeof keys === 'string' ? keys : keys.map((key, n) => `${JSON.stringify({ n, kind: 'url', key })}\n`).join('');
  const put = (name: string, body: string): Promise<unknown> =>
    harness.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: `${controlPrefix}/${run}/${name}`, Body: Buffer.from(body) }),
    );
  await put('run.json', JSON.stringify(settings));
  await put('manifest/page-00000.ndjson', page);
  await ageRun(project, run, days);
  return run;
}

export const startJanitor = (harness: RunHarness, input: JanitorInput) =>
  harness.client.workflow.start<typeof cleanUp>('cleanUp', {
    taskQueue: TASK_QUEUES.workflows,
    workflowId: uniqueName('janitor'),
    args: [input],
  });

export const janitor = async (harness: RunHarness, input: JanitorInput): Promise<JanitorResult> =>
  (await startJanitor(harness, input)).result();

/** `key → reason` of what stays, and `key` of what goes. */
export const keptIn = ({ findings }: JanitorResult): Record<string, string | undefined> =>
  Object.fromEntries(
    findings.filter(({ fate }) => fate === 'kept').map(({ what, reason }) => [what.split('/').at(-1) ?? '', reason]),
  );
