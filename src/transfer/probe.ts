/** Probe by reading: the first request is a ranged GET of the first part, because a signed URL may refuse HEAD. */
import { LonghaulError } from '../model/errors';
import type { Lease } from './lib/memory-budget';
import { openSource, retrying, type OpenedSource, type Run } from './run';
import type { SourceReply } from './types';
import { isPinned } from './version';

export interface Probe {
  readonly reply: SourceReply;
  /** The first bytes; the caller gives its memory back. */
  readonly lease: Lease;
  readonly head: Buffer;
  /** The whole object is in `head`. */
  readonly isWhole: boolean;
  /** Further ranges can be read and be proven to be of the same version. */
  readonly resumable: boolean;
}

export const readProbe = (run: Run): Promise<Probe> => probing(run, (opened) => readHead(run, opened));

/** Undefined where the source declares more than the first part: its bytes are left where they are. */
export const readSmall = (run: Run): Promise<Probe | undefined> =>
  probing(run, async (opened) => {
    const isLarger = (opened.version.sizeBytes ?? 0) > run.spec.partSizeBytes;
    return isLarger ? undefined : await readHead(run, opened);
  });

const probing = <T>(run: Run, read: (opened: OpenedSource) => Promise<T>): Promise<T> =>
  retrying(run, async () => {
    run.progress.rereading();
    const range = { offsetBytes: 0, lengthBytes: run.spec.partSizeBytes };
    const opened = await openSource(run, range, undefined, (bytes) => run.progress.read(bytes));
    run.progress.expect(opened.version.sizeBytes);
    try {
      return await read(opened);
    } finally {
      opened.reader.close();
    }
  });

/** Memory is taken once the headers tell how much: ten thousand small records must not take a part's worth each. */
async function readHead(run: Run, opened: OpenedSource): Promise<Probe> {
  const { spec, signal } = run;
  const wanted = Math.min(opened.lengthBytes ?? spec.partSizeBytes, spec.partSizeBytes);
  const lease = await spec.memory.acquire(wanted, signal);
  try {
    const filled = await opened.reader.fill(lease.buffer);
    if (opened.lengthBytes !== undefined && filled < wanted) throw truncated(run, filled, opened.lengthBytes);
    const isEnd = opened.kind === 'partial' || opened.lengthBytes === wanted || opened.lengthBytes === undefined;
    const isAtEnd = isEnd && (await opened.reader.atEnd());
    if (opened.kind === 'partial' && !isAtEnd) throw surplus(run);
    const { sizeBytes } = opened.version;
    const isWhole = opened.kind === 'whole' ? isAtEnd : sizeBytes === filled;
    return {
      reply: opened,
      lease,
      head: lease.buffer.subarray(0, filled),
      isWhole,
      resumable: opened.kind === 'partial' && isPinned(opened.version),
    };
  } catch (error) {
    lease.release();
    throw error;
  }
}

export const truncated = ({ spec }: Run, gotBytes: number, declaredBytes: number): LonghaulError =>
  new LonghaulError(
    'SourceTruncated',
    `${spec.source.display} sent ${gotBytes} bytes of the ${declaredBytes} that it declared`,
    { source: spec.source.display, operation: 'read' },
  );

export const surplus = ({ spec }: Run): LonghaulError =>
  new LonghaulError('SourceProtocol', `${spec.source.display} sent more bytes than it declared`, {
    source: spec.source.display,
    operation: 'read',
  });
