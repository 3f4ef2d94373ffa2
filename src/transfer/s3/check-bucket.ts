/** Whether a bucket is there and may be written to, found out without leaving anything visible. */
import { HeadBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import { retry, type RetryPolicy } from '../lib/retry';
import { abortUpload } from '../undo';
import { callStore } from './call';
import type { S3Destination } from './destination';

/** Short: a person waits for the answer. */
const CHECK_RETRY: RetryPolicy = { baseDelayMs: 200, maxDelayMs: 2_000, totalMs: 5_000 };

/**
 * Throws BucketNotFound, AccessDenied, CredentialsMissing, CredentialsExpired, ClockSkewed, DestinationUnreachable and so on.
 * Writing is proven by beginning an upload under `probeKey` and aborting it: s3:PutObject and s3:AbortMultipartUpload are
 * needed for every transfer, and a probe object would be seen by readers and by triggers.
 */
export async function checkBucket(
  destination: S3Destination,
  probeKey: string,
  signal: AbortSignal,
  policy: RetryPolicy = CHECK_RETRY,
): Promise<void> {
  const { client, bucket } = destination;
  const uri = `s3://${bucket}`;
  const again = <T>(work: () => Promise<T>): Promise<T> => retry({ signal, policy }, work);
  try {
    const context = { operation: 'check', destination: uri };
    await again(() =>
      callStore({ what: `Looking at ${uri}`, context }, signal, (o) =>
        client.send(new HeadBucketCommand({ Bucket: bucket }), o),
      ),
    );
  } catch (error) {
    throw (await credentialsFault(error, destination, probeKey, signal)) ?? explain(error, uri);
  }
  const uploadId = await again(() => destination.begin(probeKey, { transferId: 'probe' }, signal));
  await abortUpload({ destination, key: probeKey, uploadId, signal, retry: policy });
}

/**
 * The same request with a body to its answer: a secret that is mistyped and a policy that is too narrow are both a bare 403 to
 * HEAD, and whoever is sent to read the policy for a wrong secret looks in vain. Undefined where the credentials are right, and
 * where this could not be found out.
 */
async function credentialsFault(
  error: unknown,
  { client, bucket }: S3Destination,
  prefix: string,
  signal: AbortSignal,
): Promise<LonghaulError | undefined> {
  if (!(error instanceof LonghaulError) || error.code !== 'AccessDenied') return undefined;
  const what = `Looking at s3://${bucket}`;
  try {
    await callStore({ what, context: error.context }, signal, (o) =>
      client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }), o),
    );
  } catch (told) {
    if (told instanceof LonghaulError && (told.code === 'CredentialsExpired' || told.code === 'ClockSkewed'))
      return told;
  }
  return undefined;
}

/** HEAD has no body, so the status must say it: 404 is the bucket here, 301 its region. */
function explain(error: unknown, uri: string): unknown {
  if (!(error instanceof LonghaulError)) return error;
  if (error.code === 'ObjectNotFound') {
    return new LonghaulError('BucketNotFound', `The bucket ${uri} does not exist`, error.context, { cause: error });
  }
  if (error.context.httpStatus === 301) {
    const text = `The bucket ${uri} is in another region than the configured one`;
    return new LonghaulError('DestinationRejected', text, error.context, { cause: error });
  }
  return error;
}
