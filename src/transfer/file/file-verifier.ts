/** Whether a local file is the recorded one, by ETag, and by the store's checksum where the ETag cannot tell. */
import { stat } from 'node:fs/promises';
import { LonghaulError } from '../../model/errors';
import { parseEtag } from '../etag';
import type { HashPool } from '../hash/pool';
import { verifyFile, type ObjectChecksum } from '../hash/verify-file';
import { ifThere, onDisk } from './local-errors';

export interface RecordedFile {
  readonly bytes: number;
  /** With or without quotes. */
  readonly etag: string;
}

export interface StoredChecksum extends ObjectChecksum {
  /** Under SSE-KMS or SSE-C: the ETag is no hash, though it may look like one. */
  readonly isEtagOpaque: boolean;
}

export type ChecksumLookUp = (signal: AbortSignal) => Promise<StoredChecksum>;

export interface FileVerifierOptions {
  readonly pool: HashPool;
  readonly expected: RecordedFile;
  readonly chunkBytes: number;
  readonly checksumOf?: ChecksumLookUp;
  /** Of the source, for messages. */
  readonly display: string;
  readonly onHashed?: (bytes: number) => void;
}

export interface FileVerifier {
  /** Throws Unverifiable where the size is right and nothing can tell more. */
  isRight(path: string, signal: AbortSignal): Promise<boolean>;
  /** Throws Unverifiable where it is known beforehand that no bytes could be proven to be right. */
  assertVerifiable(signal: AbortSignal): Promise<void>;
}

export function createFileVerifier(options: FileVerifierOptions): FileVerifier {
  const { pool, expected, chunkBytes, display, onHashed } = options;
  const isOpaque = parseEtag(expected.etag).kind === 'opaque';
  let known: StoredChecksum | undefined;
  const lookUp = async (signal: AbortSignal): Promise<StoredChecksum> =>
    (known ??= (await options.checksumOf?.(signal)) ?? { isEtagOpaque: isOpaque });

  const unverifiable = (): LonghaulError =>
    new LonghaulError(
      'Unverifiable',
      `The ETag of ${display} is no hash of its bytes and the store keeps no checksum of the whole object`,
      { operation: 'verify', source: display },
    );

  return {
    async isRight(path, signal) {
      if (!isOpaque) {
        const verdict = await verifyFile(pool, path, { ...expected, chunkBytes }, signal, onHashed);
        if (verdict === 'same') return true;
      }
      const found = await onDisk(`Looking at ${path}`, signal, () => ifThere(stat(path)));
      if (found?.size !== expected.bytes) return false;
      const checksum = await lookUp(signal);
      const byChecksum = { bytes: expected.bytes, etag: '', chunkBytes, checksum };
      const verdict = await verifyFile(pool, path, byChecksum, signal, onHashed);
      if (verdict !== 'unverifiable') return verdict === 'same';
      if (isOpaque || checksum.isEtagOpaque) throw unverifiable();
      return false;
    },

    async assertVerifiable(signal) {
      if (!isOpaque) return;
      const { crc32, sha256 } = await lookUp(signal);
      if (crc32 === undefined && sha256 === undefined) throw unverifiable();
    },
  };
}
