/** A source that gives one recorded version and no other. */
import { LonghaulError } from '../../model/errors';
import { bareEtag, parseEtag } from '../etag';
import type { Source, SourceVersion } from '../types';
import type { RecordedFile } from './file-verifier';

/** As S3 writes it: with quotes, hex in lower case. */
export function versionOf({ bytes, etag }: RecordedFile): SourceVersion {
  const bare = bareEtag(etag);
  return { etag: `"${parseEtag(bare).kind === 'opaque' ? bare : bare.toLowerCase()}"`, sizeBytes: bytes };
}

/**
 * Every read is of the recorded ETag and size (If-Match, and the answer checked before its body); where the store has another
 * object, SourceNotAsRecorded is thrown.
 */
export function pinSource(source: Source, recorded: RecordedFile): Source {
  const version = versionOf(recorded);
  return {
    display: source.display,
    async open(range, _expected, signal) {
      try {
        // Nothing of an empty object satisfies a range.
        return await source.open(recorded.bytes === 0 ? undefined : range, version, signal);
      } catch (error) {
        if (!(error instanceof LonghaulError) || error.code !== 'SourceChanged') throw error;
        throw notAsRecorded(source.display, recorded, error);
      }
    },
  };
}

export const notAsRecorded = (display: string, recorded: RecordedFile, cause?: unknown): LonghaulError =>
  new LonghaulError(
    'SourceNotAsRecorded',
    `${display} is not, or no longer, the object of ${recorded.bytes} bytes with the ETag ${bareEtag(recorded.etag)} that is recorded`,
    { operation: 'read', source: display },
    { cause },
  );
