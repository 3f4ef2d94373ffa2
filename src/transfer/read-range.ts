/** Reading one range of a version into memory, whatever the source does on the way. */
import { LonghaulError } from '../model/errors';
import { surplus } from './probe';
import { openSource, retrying, type Run } from './run';
import type { ByteRange, SourceVersion } from './types';

/** A try that brought at least this much starts the retry budget again; less, and a dripping source would never end. */
const WORTH_ANOTHER_TRY_BYTES = 64 * 1024;

/** Fills the buffer; after a fault only the rest of the range is asked for, so that a flaky source still gets on. */
export function readRange(
  run: Run,
  target: Buffer,
  range: ByteRange,
  version: SourceVersion,
  onRead: ((bytes: number) => void) | undefined,
): Promise<void> {
  let filled = 0;
  return retrying(run, async ({ progressed }) => {
    // All bytes had come when the connection broke: counted, so nothing is missing.
    if (filled === target.length) return;
    const rest = { offsetBytes: range.offsetBytes + filled, lengthBytes: range.lengthBytes - filled };
    const opened = await openSource(run, rest, version, onRead);
    const start = filled;
    try {
      if (opened.kind === 'whole' && rest.offsetBytes > 0) throw rangeIgnored(run, rest);
      const into = target.subarray(start);
      const onBytes = (bytes: number): void => {
        if (bytes >= WORTH_ANOTHER_TRY_BYTES) progressed();
        filled = start + bytes;
      };
      await opened.reader.fill(into, onBytes);
      if (filled < target.length) throw cutOff(run, rest, filled - start);
      if (!(await opened.reader.atEnd()) && opened.kind === 'partial') throw surplus(run);
    } finally {
      opened.reader.close();
      // What came and is of no use will be read again.
      onRead?.(filled - start - opened.reader.receivedBytes);
    }
  });
}

const cutOff = ({ spec }: Run, range: ByteRange, gotBytes: number): LonghaulError =>
  new LonghaulError(
    'SourceTruncated',
    `${spec.source.display} sent ${gotBytes} of the ${range.lengthBytes} bytes from ${range.offsetBytes}`,
    { source: spec.source.display, operation: 'read', offsetBytes: range.offsetBytes },
  );

/** The version is the same, so it has not changed: some node of the source does not know ranges. Another one may. */
const rangeIgnored = ({ spec }: Run, range: ByteRange): LonghaulError =>
  new LonghaulError('SourceUnavailable', `${spec.source.display} answered a range with the whole file`, {
    source: spec.source.display,
    operation: 'read',
    offsetBytes: range.offsetBytes,
  });
