/** Checksums of bytes, by algorithm: which are computed, how those of parts are joined, and whether two sets agree. */
import { combineCrc32, combineCrc32c, crc32cOf, crc32Of, decodeCrc32, encodeCrc32 } from './lib/crc32';

export type ChecksumAlgorithm = 'crc32' | 'crc32c';

/** Absent: not known. */
export interface Checksums {
  readonly crc32?: number;
  readonly crc32c?: number;
}

/** As results and histories hold them: base64 of the big-endian bytes, as S3 and GCS write them. */
export interface EncodedChecksums {
  readonly crc32?: string;
  readonly crc32c?: string;
}

const ALGORITHMS: readonly ChecksumAlgorithm[] = ['crc32', 'crc32c'];
const COMPUTE = { crc32: crc32Of, crc32c: crc32cOf };
const COMBINE = { crc32: combineCrc32, crc32c: combineCrc32c };

/** Builds a record from those that are known. */
function each<T>(valueOf: (algorithm: ChecksumAlgorithm) => T | undefined): { crc32?: T; crc32c?: T } {
  const crc32 = valueOf('crc32');
  const crc32c = valueOf('crc32c');
  return { ...(crc32 === undefined ? {} : { crc32 }), ...(crc32c === undefined ? {} : { crc32c }) };
}

export const checksumsOf = (data: Buffer, algorithms: readonly ChecksumAlgorithm[]): Checksums =>
  each((algorithm) => (algorithms.includes(algorithm) ? COMPUTE[algorithm](data) : undefined));

/** Of blocks joined in order; an algorithm that one of them lacks is left out. */
export const checksumsOfParts = (parts: readonly (Checksums & { readonly bytes: number })[]): Checksums =>
  each((algorithm) => {
    let whole = 0;
    for (const part of parts) {
      const sum = part[algorithm];
      if (sum === undefined) return undefined;
      whole = COMBINE[algorithm](whole, sum, part.bytes);
    }
    return whole;
  });

/** Only the checksums of something that has more than those. */
export const sumsIn = (of: Checksums): Checksums => each((algorithm) => of[algorithm]);

export const encodeChecksums = (sums: Checksums): EncodedChecksums =>
  each((algorithm) => {
    const sum = sums[algorithm];
    return sum === undefined ? undefined : encodeCrc32(sum);
  });

/** What is not base64 of four bytes is left out. */
export const decodeChecksums = (sums: EncodedChecksums | undefined): Checksums =>
  each((algorithm) => decodeCrc32(sums?.[algorithm]));

/** The algorithm by which both are known and the same; false where they differ in one; undefined where they cannot be compared. */
export function agreement(a: Checksums, b: Checksums): ChecksumAlgorithm | false | undefined {
  const common = ALGORITHMS.filter((algorithm) => a[algorithm] !== undefined && b[algorithm] !== undefined);
  if (common.some((algorithm) => a[algorithm] !== b[algorithm])) return false;
  return common[0];
}

/**
 * Which checksums to compute of the bytes that pass. The first goes to the destination: the source's own where the destination
 * knows it, so that one hash is held against both ends. One more is computed only where the two have none in common.
 */
export function algorithmsFor(
  supported: readonly ChecksumAlgorithm[],
  declared: Checksums,
): readonly [ChecksumAlgorithm, ...ChecksumAlgorithm[]] {
  const told = ALGORITHMS.filter((algorithm) => declared[algorithm] !== undefined);
  const common = supported.find((algorithm) => told.includes(algorithm));
  if (common !== undefined) return [common];
  return [supported[0] ?? 'crc32', ...told.slice(0, 1)];
}
