/** How an object is cut into parts. Limits: Amazon S3 User Guide, "Amazon S3 multipart upload limits". */
import { LonghaulError } from '../model/errors';
import type { ByteRange } from './types';

export const MAX_PARTS = 10_000;
export const MIN_PART_BYTES = 5 * 1024 * 1024;
export const MAX_PART_BYTES = 5 * 1024 * 1024 * 1024;
const MIB = 1024 * 1024;

/**
 * The configured size, raised to whole MiB where the object would not fit in 10,000 parts. Throws DestinationRejected for
 * an object that no part size fits.
 */
export function partSizeFor(sizeBytes: number, configuredBytes: number): number {
  const neededBytes = Math.ceil(sizeBytes / MAX_PARTS);
  const partSizeBytes = neededBytes <= configuredBytes ? configuredBytes : Math.ceil(neededBytes / MIB) * MIB;
  if (partSizeBytes > MAX_PART_BYTES) {
    throw new LonghaulError('DestinationRejected', `An object of ${sizeBytes} bytes is larger than S3 can hold`);
  }
  return partSizeBytes;
}

export const partCount = (sizeBytes: number, partSizeBytes: number): number =>
  Math.max(1, Math.ceil(sizeBytes / partSizeBytes));

/** Part numbers start at 1. */
export function partRange(number: number, sizeBytes: number, partSizeBytes: number): ByteRange {
  const offsetBytes = (number - 1) * partSizeBytes;
  return { offsetBytes, lengthBytes: Math.min(partSizeBytes, sizeBytes - offsetBytes) };
}
