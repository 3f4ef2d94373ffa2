/** Somebody else works in the same bucket while a run is under way. */
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { generatedFile } from '../../src/dev/export-api';
import { plantObject } from '../support/bucket-view';
import { RunHarness } from '../support/run-harness';
import { failureOf, progressOf, untilProgress, type RunHandle } from '../support/run-outcome';
import { textOfAll } from '../support/secret-search';
import type { TestProject } from '../support/test-project';
import { until } from '../support/until';

const FILES = [1, 2, 3].map((seed) => generatedFile('asset', `part-${seed}.parquet`, 30_000 * seed, seed));
const [first, second, held] = FILES as [(typeof FILES)[0], (typeof FILES)[0], (typeof FILES)[0]];
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

/** A run of which two records are in and the third is held up in its middle. */
async function heldRun(project: TestProject): Promise<RunHandle> {
  project.api.faults.file({ path: held.path, stallAfterBytes: 10_000 });
  const handle = await project.start();
  await untilProgress(handle, 'two records', ({ totals }) => totals.records === 2);
  return handle;
}

/** From then on the run knows its own upload, whatever else lies under the key. */
async function untilHistoryNames(handle: RunHandle, uploadId: string): Promise<void> {
  const { run } = await progressOf(handle);
  const batch = harness.client.workflow.getHandle(`${run}/batch/0`);
  const isNamed = async (): Promise<boolean> => textOfAll((await batch.fetchHistory()).events).includes(uploadId);
  await until(isNamed, { what: 'the upload id in the history', timeoutMs: 20_000 });
}

const pagesOfOne = { transfer: { page_records: 1, stall_timeout_sec: 60 } };

it('an upload of ours that somebody aborts before it is published fails the run: no _SUCCESS, and it is named', async () => {
  const project = await harness.project({ files: FILES, config: pagesOfOne });
  const handle = await heldRun(project);
  const { uploads } = await project.snapshot();
  const [key = '', UploadId = ''] = (uploads.find((one) => one.startsWith(project.keyOf(first))) ?? '').split(' ');
  await harness.s3.send(new AbortMultipartUploadCommand({ Bucket: project.bucket, Key: key, UploadId }));
  project.api.faults.clear();

  const failure = await failureOf(handle);
  expect(failure).toMatchObject({
    code: 'UploadLost',
    message: expect.stringContaining(project.keyOf(first)) as string,
  });
  // Publishing only goes forward: the others are there, and the report says which one is not.
  await project.expectByteExact([second, held]);
  const after = await project.snapshot();
  expect(Object.keys(after.objects).sort()).toEqual([second, held].map((file) => project.keyOf(file)).sort());
  expect(after.uploads).toEqual([]);
  const { run = '' } = failure.details;
  expect(await project.report(run)).toMatchObject({ outcome: 'failed', failure: { code: 'UploadLost' } });
  const lost = (await project.ledger(run)).filter(({ outcome }) => outcome === 'failed');
  expect(lost).toMatchObject([{ key: project.keyOf(first), errorCode: 'UploadLost' }]);
});

it('an upload that somebody begins under the key of a large record, while it is moved, is not taken for ours', async () => {
  const large = generatedFile('asset', 'large.parquet', 12 * 2 ** 20, 9);
  const project = await harness.project({ files: [large], config: { transfer: { stall_timeout_sec: 60 } } });
  const place = { Bucket: project.bucket, Key: project.keyOf(large) };
  project.api.faults.file({ path: large.path, atByte: 11 * 2 ** 20, stallAfterBytes: 100_000 });
  const handle = await project.start();
  // By its key: the check of the bucket begins an upload too, and aborts it.
  const mine = (upload: string): boolean => upload.startsWith(`${place.Key} `);
  const ours = await until(async () => (await project.snapshot()).uploads.find(mine), {
    what: 'our upload',
    timeoutMs: 20_000,
  });
  await untilHistoryNames(handle, ours.split(' ')[1] ?? '');
  await harness.s3.send(new CreateMultipartUploadCommand(place));
  const { objects, uploads } = await project.snapshot();
  expect(uploads).toHaveLength(2);
  await handle.cancel();
  expect(await failureOf(handle)).toMatchObject({ code: 'Cancelled' });
  await project.expectUnchanged({ objects, uploads: uploads.filter((one) => one !== ours) });
});

it('direct: what somebody has written over our object since is not ours to delete', async () => {
  const project = await harness.project({ files: FILES, config: { ...pagesOfOne, aws: { publish: 'direct' } } });
  const handle = await heldRun(project);
  await plantObject(harness.s3, project.bucket, project.keyOf(first));
  const { objects } = await project.snapshot();
  await handle.executeUpdate('abort', { args: [{ reason: 'test' }] });
  expect(await failureOf(handle)).toMatchObject({ code: 'RunAborted' });
  const key = project.keyOf(first);
  await project.expectUnchanged({ objects: { [key]: objects[key] ?? '' }, uploads: [] });
});

it('direct: what somebody has deleted already is no problem of the cleanup', async () => {
  const project = await harness.project({ files: FILES, config: { ...pagesOfOne, aws: { publish: 'direct' } } });
  const handle = await heldRun(project);
  await harness.s3.send(new DeleteObjectCommand({ Bucket: project.bucket, Key: project.keyOf(second) }));
  await handle.cancel();
  expect(await failureOf(handle)).toMatchObject({ code: 'Cancelled' });
  await project.expectUnchanged({ objects: {}, uploads: [] });
});

it('direct, versioned bucket: a failed run takes its versions back, so that yesterday’s objects show again', async () => {
  const project = await harness.project({ files: FILES, config: { ...pagesOfOne, aws: { publish: 'direct' } } });
  const place = { Bucket: project.bucket };
  await harness.s3.send(new PutBucketVersioningCommand({ ...place, VersioningConfiguration: { Status: 'Enabled' } }));
  await project.plantForeign(
    [project.keyOf(held)],
    FILES.map((file) => project.keyOf(file)),
  );
  const versions = async (): Promise<string[]> => {
    const { Versions = [], DeleteMarkers = [] } = await harness.s3.send(new ListObjectVersionsCommand(place));
    return [...Versions, ...DeleteMarkers]
      .filter(({ Key = '' }) => !Key.startsWith(`${project.controlPrefix}/`))
      .map(({ Key, VersionId }) => `${Key ?? ''} ${VersionId ?? ''}`)
      .sort();
  };
  const [before, versionsBefore] = [await project.snapshot(), await versions()];
  const handle = await heldRun(project);
  expect((await versions()).length).toBe(versionsBefore.length + 2);
  await handle.executeUpdate('abort', { args: [{}] });
  expect(await failureOf(handle)).toMatchObject({ code: 'RunAborted', details: { cleanup: { deletedObjects: 2 } } });
  await project.expectUnchanged(before);
  expect(await versions()).toEqual(versionsBefore);
});
