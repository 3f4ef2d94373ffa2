/** The files behind a record of a load. */
import type { SourceFile } from '../../../load';
import type { ManifestRecord } from '../../../model/records';
import { parseS3Uri } from '../../../transfer';
import { sourceFiles, type LoadTools } from './tools';

/** The one file that the listing has named; of a sample, whose record names none, all files of the path in their order. */
export async function filesOf(
  tools: LoadTools,
  { n, source, expected }: ManifestRecord,
  signal: AbortSignal,
): Promise<SourceFile[]> {
  if (expected === undefined) return sourceFiles(tools, source, signal);
  return [{ ...parseS3Uri(source), sizeBytes: expected.bytes, etag: expected.etag, index: n }];
}
