/** The stores that events name: clients are made once for each provider, region and endpoint, and kept. */
import type { S3Client } from '@aws-sdk/client-s3';
import type { EventTransferConfig } from '../../../config/event-transfers';
import type { ObjectAddress } from '../../../model/transfer-event';
import { hideSecret } from '../../../ops/redaction';
import {
  bothLimits,
  createGcsClient,
  createGcsDestination,
  createGcsSource,
  createS3Client,
  createS3Destination,
  createS3Source,
  RateLimiter,
  type ByteLimit,
  type Destination,
  type GcsClient,
  type Source,
} from '../../../transfer';

export class ObjectStores {
  readonly #s3 = new Map<string, S3Client>();
  #gcs: GcsClient | undefined;

  /** Of all events of the process together, and of the process itself. */
  readonly limiter: ByteLimit;

  constructor(
    readonly config: EventTransferConfig,
    ofProcess: ByteLimit = new RateLimiter(null),
  ) {
    this.limiter = bothLimits(new RateLimiter(config.maxBytesPerSec), ofProcess);
    const { credentials } = config.s3;
    if (credentials.kind !== 'keys') return;
    // Patterns cannot know every key: what is configured is cut from logs by its value.
    hideSecret(credentials.secretAccessKey);
    hideSecret(credentials.sessionToken);
  }

  source({ provider, bucket, key, region }: ObjectAddress): Source {
    switch (provider) {
      case 'aws_s3':
        return createS3Source({ client: this.#s3Client(region), bucket, key });
      case 'gcp_gcs':
        return createGcsSource({ client: this.#gcsClient(), bucket, key });
    }
  }

  destination({ provider, bucket, region }: ObjectAddress): Destination {
    switch (provider) {
      case 'aws_s3':
        return createS3Destination({ client: this.#s3Client(region), bucket });
      case 'gcp_gcs':
        return createGcsDestination({ client: this.#gcsClient(), bucket });
    }
  }

  /** One for all: a bucket's name is enough to find it, wherever it lies. */
  #gcsClient(): GcsClient {
    this.#gcs ??= createGcsClient({ endpoint: this.config.gcsEndpoint });
    return this.#gcs;
  }

  #s3Client(region: string): S3Client {
    const known = this.#s3.get(region);
    if (known !== undefined) return known;
    const client = createS3Client({ ...this.config.s3, region });
    this.#s3.set(region, client);
    return client;
  }
}
