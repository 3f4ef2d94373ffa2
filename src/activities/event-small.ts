/**
 * The first try at an object, within the workflow task (docs/decisions/0018-small-events-move-in-the-workflow-task.md): a small
 * one is there at the end of it. Objects it creates: the object under the key, by one request, with the transfer's marker.
 */
import type { TransferEventResult } from '../model/transfer-event';
import { openSmall, type TransferSpec } from '../transfer';
import { childScope } from '../transfer/lib/abort';
import type { Dependencies } from './dependencies';
import type { EventActivities, EventFailure, HandedOver } from './event-types';
import { EventMove, eventTransferId } from './lib/object/event-move';
import { readBack } from './lib/object/read-back';
import { resumable } from './lib/attempt/resumable';

/** What one request each way carries in about the time that a workflow task costs; more is worth an activity of its own. */
const SMALL_BYTES = 8 * 1024 * 1024;
/**
 * Well below the 10 s of a workflow task: a cancel, a query and a signal wait for its end, and the worker's place for workflow
 * tasks is taken.
 */
const TRY_TIME_MS = 4_000;

const NOTHING_DONE: EventFailure = { attempts: 0, touched: false };
const AS_IT_WAS: HandedOver = { retries: 0, waitMs: 0, isDoubtful: false };

class TryEnded extends Error {
  override readonly name = 'TryEnded';
}

/** Fails for good as `moveObject` does; what may pass, and what takes longer, is handed over. */
export const createMoveSmallActivity =
  (dependencies: Dependencies): EventActivities['moveSmallObject'] =>
  ({ isRepeated, ...args }) => {
    let move: EventMove | undefined;
    return resumable({ cancelDetails: () => move?.detailsOfCancel ?? NOTHING_DONE }, async (control) => {
      const scope = childScope(control.signal);
      const timer = setTimeout(() => scope.abort(new TryEnded('The try took too long')), TRY_TIME_MS);
      let waitMs: number | undefined;
      const onWait = (delayMs: number): void => {
        waitMs = delayMs;
        scope.abort(new TryEnded('The next try is another activity'));
      };
      const repeated = isRepeated ? { repeatedSince: new Date(args.startedAtMs) } : {};
      const done = dependencies.metrics.transferStarted();
      try {
        move = new EventMove(dependencies, args, { ...control, ...repeated, signal: scope.signal }, { onWait });
        const result = await moveSmall(move);
        done();
        return result === undefined ? { kind: 'handedOver', handedOver: AS_IT_WAS } : { kind: 'moved', result };
      } catch (error) {
        const isHandedOver = move !== undefined && scope.signal.reason instanceof TryEnded;
        done(isHandedOver && waitMs === undefined ? 'done' : 'failed');
        if (control.signal.aborted || move === undefined) throw error;
        if (!isHandedOver) throw move.failure(error);
        // A try that was cut off may have sent what arrives all the same; one that has failed knows what became of it.
        const { touched } = waitMs === undefined ? move.detailsOfCancel : move.details;
        const handedOver = { retries: move.retries - args.retries, waitMs: waitMs ?? 0, isDoubtful: touched };
        return { kind: 'handedOver', handedOver };
      } finally {
        clearTimeout(timer);
        scope.release();
      }
    });
  };

/**
 * Of a worker that moves no bytes. It answers instead of not being there, because a workflow must not ask which worker it is
 * on: a replay of its history elsewhere would go another way.
 */
export const leaveToActivity: EventActivities['moveSmallObject'] = () => Promise.resolve({ kind: 'notTried' });

/** Undefined where it is not small. */
async function moveSmall(move: EventMove): Promise<TransferEventResult | undefined> {
  const { control } = move;
  const whole = move.spec(eventTransferId());
  const spec: TransferSpec = { ...whole, partSizeBytes: Math.min(SMALL_BYTES, whole.partSizeBytes) };
  move.tellBegin(spec);
  const opened = await move.rereading(() => openSmall(spec, control));
  if (opened.kind === 'large') return undefined;
  await readBack(spec, opened.object, control.signal);
  const result = move.result(opened.object);
  move.succeeded(result);
  return result;
}
