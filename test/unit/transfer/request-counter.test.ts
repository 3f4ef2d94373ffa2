/** Names of operations, and whose work a request counts in. */
import { countRequests, type RequestCounter } from '../../../src/transfer';
import { operationName } from '../../../src/transfer/s3/request-counter';

test.each([
  ['CreateMultipartUploadCommand', 'create_multipart'],
  ['UploadPartCommand', 'upload_part'],
  ['CompleteMultipartUploadCommand', 'complete_multipart'],
  ['AbortMultipartUploadCommand', 'abort_multipart'],
  ['PutObjectCommand', 'put_object'],
  ['GetObjectCommand', 'get_object'],
  ['HeadObjectCommand', 'head_object'],
  ['ListPartsCommand', 'list_parts'],
  ['ListMultipartUploadsCommand', 'list_multipart_uploads'],
  ['ListObjectsV2Command', 'list_objects'],
  ['CopyObjectCommand', 'copy_object'],
  ['UploadPartCopyCommand', 'upload_part_copy'],
  ['DeleteObjectCommand', 'delete_object'],
  ['DeleteObjectsCommand', 'delete_objects'],
  ['HeadBucketCommand', 'head_bucket'],
  ['RestoreObjectCommand', 'restore_object'],
  ['GetBucketVersioningCommand', 'get_bucket_versioning'],
])('%s is %s', (command, name) => expect(operationName(command)).toBe(name));

const sending =
  (operation: string) =>
  (counter: RequestCounter): Promise<void> => {
    counter.add(operation);
    return Promise.resolve();
  };

test('work within counted work counts in both, work beside it does not', async () => {
  const outer = await countRequests(async (counter) => {
    counter.add('put_object');
    const [a, b] = await Promise.all([countRequests(sending('upload_part')), countRequests(sending('head_object'))]);
    expect([a.requests, b.requests]).toEqual([{ upload_part: 1 }, { head_object: 1 }]);
  });
  expect(outer.requests).toEqual({ put_object: 1, upload_part: 1, head_object: 1 });
});

test('counts can be read while work runs, and after it has failed', async () => {
  let kept: RequestCounter | undefined;
  const failing = countRequests((counter) => {
    kept = counter;
    counter.add('get_object');
    expect(counter.counts).toEqual({ get_object: 1 });
    counter.add('get_object');
    return Promise.reject(new Error('no'));
  });
  await expect(failing).rejects.toThrow('no');
  expect(kept?.counts).toEqual({ get_object: 2 });
});
