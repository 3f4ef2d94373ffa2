/** The transfer engine: moves bytes from sources to destinations, resumably and verified. Knows nothing of Temporal. */
export type * from './types';
export type * from './destination';
export type { TransferSpec } from './spec';
export type { TransferEvent, TransferListener } from './events';
export type { ChecksumAlgorithm, Checksums, EncodedChecksums } from './checksums';
export { SourceUrl } from './source-url';

export { openSmall, openTransfer } from './open-transfer';
export { transferParts } from './transfer-parts';
export { publishUpload, type Published, type PublishRequest } from './publish';
export { abortUpload, deleteIfOurs, type AbortRequest, type DeleteRequest } from './undo';
export { MAX_PART_BYTES, MAX_PARTS, MIN_PART_BYTES, partCount, partSizeFor } from './plan';

export { MemoryBudget, type Lease } from './lib/memory-budget';
export { bothLimits, RateLimiter, type ByteLimit } from './lib/rate-limiter';
export { DEFAULT_RETRY, retry, type RetryOptions, type RetryPolicy, watchRetries } from './lib/retry';
export { RetryBudget, type RetryBudgetOptions } from './lib/retry-budget';
export { parseRetryAfterMs } from './lib/retry-after';
export { agreement, decodeChecksums, encodeChecksums } from './checksums';
export { combineCrc32, combineCrc32c, crc32cOf, crc32Of, decodeCrc32, encodeCrc32 } from './lib/crc32';

export { AddressGuard, type AddressGuardOptions } from './http/address-guard';
export { createHttpClient, type HttpClient, type HttpClientOptions } from './http/http-client';
export { createHttpSource, type HttpSourceOptions } from './http/http-source';
export { isUnchanged, type UnchangedOptions } from './http/unchanged';

export { createS3Client, type S3ClientOptions } from './s3/client';
export { countRequests, RequestCounter, type Counted } from './s3/request-counter';
export { mapS3Error } from './s3/errors';
export { createS3Source, type S3SourceOptions } from './s3/source';
export { createS3Destination, type Encryption, type S3Destination, type S3DestinationOptions } from './s3/destination';
export { copyObject } from './s3/copy';
export type { CopyControl, CopySpec } from './s3/copy-run';
export type { CopyFrom } from './s3/copy-source';
export { listPrefix, type ListedObject, type ListRequest } from './s3/list';
export { prefixObjects, type FoundObject, type PrefixRequest } from './s3/prefix-objects';
export { parseS3Uri } from './s3/uri';
export { checkBucket } from './s3/check-bucket';
export { isReadable, thawObject, type ThawRequest } from './s3/thaw';
export { deleteKeys, deletePrefix, type DeletePrefixRequest } from './s3/delete';
export { getSmall, listKeys, putSmall, type PutSmallOptions } from './s3/objects';
export { putStream } from './s3/stream';

export { createGcsClient, type GcsClient, type GcsClientOptions } from './gcs/client';
export { createGcsSource, type GcsSourceOptions } from './gcs/source';
export { createGcsDestination, type GcsDestination, type GcsDestinationOptions } from './gcs/destination';
export {
  listTemporaries,
  removeTemporaries,
  removeTemporary,
  type TemporariesRequest,
  type Temporary,
} from './gcs/temporaries';

export { bareEtag, multipartChunkSizes, parseEtag, type ParsedEtag } from './etag';
export { createHashPool, type HashPool, type HashPoolOptions } from './hash/pool';
export { hashFile, multipartHash, type FileToHash } from './hash/file-hashes';
export { verifyFile, type ExpectedFile, type FileVerdict, type ObjectChecksum } from './hash/verify-file';
export { mapLocalError } from './file/local-errors';
export { createFileDestination, type FileDestination, type FileDestinationOptions } from './file/destination';
export { writeWhole } from './file/partial';
export { resolveInside } from './file/safe-path';
export { restoreFile, type RestoredFile, type RestoreFileRequest, type RestoreStep } from './file/restore-file';
export { s3ChecksumLookUp, type S3ChecksumOptions } from './file/s3-checksum';
export type { ChecksumLookUp, RecordedFile, StoredChecksum } from './file/file-verifier';
export { traceRequests } from './lib/request-spans';
