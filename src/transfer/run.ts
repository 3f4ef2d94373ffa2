/** What the steps of one call of the engine share: the spec, its signal, its counters and its way to retry. */
import type { LonghaulError } from '../model/errors';
import { LonghaulError as Failure } from '../model/errors';
import { BodyReader } from './body-reader';
import { sumsIn } from './checksums';
import type { ListedPart, PartToWrite } from './destination';
import { tell } from './events';
import { withDeadline } from './lib/abort';
import type { LanePass } from './lib/lane-gate';
import { retry, type Attempt } from './lib/retry';
import type { Progress } from './progress';
import type { TransferSpec } from './spec';
import type { ByteRange, SourceReply, SourceValidators, SourceVersion } from './types';

export interface Run {
  readonly spec: TransferSpec;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Of a part among others at once. */
  readonly lane?: LanePass;
}

/** The part of a run that retrying needs; copies have it too. */
export interface Retrying {
  readonly spec: Pick<TransferSpec, 'retry' | 'onRetry'>;
  readonly signal: AbortSignal;
  readonly lane?: LanePass;
}

export const retrying = <T>({ spec, signal, lane }: Retrying, work: (attempt: Attempt) => Promise<T>): Promise<T> =>
  retry(
    { signal, policy: spec.retry, onRetry: spec.onRetry },
    lane === undefined ? work : (attempt) => lane.attempt(attempt, work),
  );

/** All parts of an object, in order. */
export interface MovedParts {
  readonly parts: readonly ListedPart[];
  readonly isLengthDeclared: boolean;
  readonly sourceValidators: SourceValidators | undefined;
}

/** Opens the source; a source that sends no complete headers within the stall timeout is SourceStalled too. `onRead` sees every chunk. */
export function openSource(
  { spec, signal }: Run,
  range: ByteRange | undefined,
  expected: SourceVersion | undefined,
  onRead?: (bytes: number) => void,
): Promise<OpenedSource> {
  const { source, stallTimeoutMs } = spec;
  const stalled = (): LonghaulError =>
    new Failure('SourceStalled', `${source.display} did not answer within ${stallTimeoutMs} ms`, {
      source: source.display,
      operation: 'open',
    });
  return openWithin(signal, stallTimeoutMs, stalled, async (openSignal, bodySignal) => {
    const reply = await source.open(range, expected, openSignal);
    const reader = new BodyReader(reply.body, {
      display: source.display,
      signal: bodySignal,
      stallTimeoutMs,
      limiter: spec.limiter,
      onRead,
    });
    return { ...reply, reader };
  });
}

export type OpenedSource = SourceReply & { readonly reader: BodyReader };

/** The deadline is for the headers alone: the signal that the request keeps must not abort the body later. */
async function openWithin(
  signal: AbortSignal,
  timeoutMs: number,
  onTimeout: () => Error,
  open: (openSignal: AbortSignal, bodySignal: AbortSignal) => Promise<OpenedSource>,
): Promise<OpenedSource> {
  return withDeadline(signal, timeoutMs, onTimeout, (openSignal) => open(openSignal, signal));
}

/** Writes one part, as often as it takes; counted as sent each time, and as arrived once. */
export async function sendPart(run: Run, uploadId: string, part: PartToWrite): Promise<ListedPart> {
  const { spec, signal, progress } = run;
  const { number, body } = part;
  tell(spec.onEvent, { kind: 'part_start', number, bytes: body.length });
  const written = await retrying(run, () => {
    progress.sending(body.length);
    return spec.destination.writePart(spec.key, uploadId, part, signal);
  });
  progress.acknowledged(body.length);
  tell(spec.onEvent, { kind: 'part_done', number, bytes: body.length });
  return { ...sumsIn(part), ...written };
}
