/** The checksums that S3 tells of an object or a part, as far as they are of all of its bytes. */
import { decodeChecksums, type Checksums } from '../checksums';

export interface ChecksumsTold {
  readonly ChecksumCRC32?: string | undefined;
  readonly ChecksumCRC32C?: string | undefined;
  readonly ChecksumType?: string | undefined;
}

/** None of a composite one: it is a checksum of checksums (Amazon S3 User Guide, "Checking object integrity"). */
export function s3Checksums({ ChecksumCRC32, ChecksumCRC32C, ChecksumType }: ChecksumsTold): Checksums {
  if (ChecksumType === 'COMPOSITE') return {};
  return decodeChecksums({
    ...(ChecksumCRC32 === undefined ? {} : { crc32: ChecksumCRC32 }),
    ...(ChecksumCRC32C === undefined ? {} : { crc32c: ChecksumCRC32C }),
  });
}
