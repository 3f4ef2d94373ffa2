/** The bucket of a run, for the few small objects that a command reads or writes by itself. */
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { JobConfig } from '../../../config/types';
import { checkBucket, createS3Client, createS3Destination, mapS3Error, type S3Destination } from '../../../transfer';

/** For each request: somebody waits at a prompt. */
const REQUEST_TIMEOUT_MS = 30_000;

const deadline = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });

/** Every method throws BucketNotFound, AccessDenied, Credentials…, Destination…: what the store's answer means. */
export class ProjectStore {
  readonly #destination: S3Destination;

  constructor(
    private readonly client: S3Client,
    private readonly aws: JobConfig['aws'],
  ) {
    const { targetBucket: bucket, serverSideEncryption, kmsKeyId } = aws;
    this.#destination = createS3Destination({ client, bucket, sse: { serverSideEncryption, kmsKeyId } });
  }

  /** What a worker checks before a run: the bucket is there, and an upload can be begun below `key`. */
  async checkBucket(key: string): Promise<void> {
    await checkBucket(this.#destination, key, deadline().abortSignal);
  }

  /** The text of an object of any bucket that the credentials may read. Throws ObjectNotFound where there is none. */
  async readText(bucket: string, key: string): Promise<string> {
    return this.#try(`Reading s3://${bucket}/${key}`, async () => {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), deadline());
      return (await Body?.transformToString('utf8')) ?? '';
    });
  }

  /** Writes an object, encrypted as the settings want it. Answers its version id on a versioned bucket. */
  async writeText(key: string, text: string, contentType: string): Promise<string | undefined> {
    const { targetBucket } = this.aws;
    const command = new PutObjectCommand({
      Bucket: targetBucket,
      Key: key,
      Body: text,
      ContentType: contentType,
      ...this.#destination.sse,
    });
    const reply = await this.#try(`Writing s3://${targetBucket}/${key}`, () => this.client.send(command, deadline()));
    return reply.VersionId;
  }

  /** With the version id nothing stays of it, on a versioned bucket either. */
  async remove(key: string, versionId: string | undefined): Promise<void> {
    const Bucket = this.aws.targetBucket;
    const version = versionId === undefined ? {} : { VersionId: versionId };
    await this.#try(`Deleting s3://${Bucket}/${key}`, () =>
      this.client.send(new DeleteObjectCommand({ Bucket, Key: key, ...version }), deadline()),
    );
  }

  async #try<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw mapS3Error(error, what);
    }
  }
}

/** Opens the bucket of these settings, does the work and closes its connections, whatever happens. */
export const withStore = async <T>(
  config: Pick<JobConfig, 'aws'>,
  work: (store: ProjectStore) => Promise<T>,
): Promise<T> => {
  const client = createS3Client(config.aws, { connections: 4 });
  try {
    return await work(new ProjectStore(client, config.aws));
  } finally {
    client.destroy();
  }
};
