/** The activities of `transferEvent`: one object is moved, taken back, or its event put aside. */
import { openTransfer, transferParts } from '../transfer';
import { sleep } from '../transfer/lib/abort';
import type { TransferControl } from '../transfer/types';
import type { Dependencies } from './dependencies';
import type { EventActivities, EventFailure, HandedOver, OfEvent } from './event-types';
import { createDeadLetterActivity } from './event-dead-letter';
import { createMoveSmallActivity } from './event-small';
import { createTakeBackActivity } from './event-take-back';
import { EventMove, eventTransferId } from './lib/object/event-move';
import { readBack } from './lib/object/read-back';
import { resumable } from './lib/attempt/resumable';

export const createEventActivities = (dependencies: Dependencies): EventActivities => ({
  moveSmallObject: createMoveSmallActivity(dependencies),

  moveObject: ({ handedOver = NOTHING_YET, ...args }) =>
    moving(dependencies, args, handedOver, async (move, control) => {
      const transferId = eventTransferId();
      const spec = move.spec(transferId);
      if (handedOver === NOTHING_YET) move.tellBegin(spec);
      else await sleep(handedOver.waitMs, control.signal);
      const opened = await move.rereading(() => openTransfer(spec, control));
      if (opened.kind === 'begun') {
        return { kind: 'begun', begun: { upload: opened.upload, transferId, retries: move.retries } };
      }
      await readBack(spec, opened.object, control.signal);
      const result = move.result(opened.object);
      move.succeeded(result);
      return { kind: 'moved', result };
    }),

  moveObjectParts: (args) =>
    moving(dependencies, args, NOTHING_YET, async (move, control) => {
      const object = await transferParts(move.spec(args.begun.transferId), args.begun.upload, control);
      const result = move.result(object);
      move.succeeded(result);
      return result;
    }),

  takeBackObject: createTakeBackActivity(dependencies),
  deadLetter: createDeadLetterActivity(dependencies),
});

const NOTHING_YET: HandedOver = { retries: 0, waitMs: 0, isDoubtful: false };
const NOTHING_DONE: EventFailure = { attempts: 0, touched: false };

/** Under heartbeats and metrics. What fails has used up its tries: only a lost worker makes Temporal try again. */
const moving = <T>(
  dependencies: Dependencies,
  args: OfEvent,
  { retries, isDoubtful }: HandedOver,
  work: (move: EventMove, control: TransferControl) => Promise<T>,
): Promise<T> => {
  let move: EventMove | undefined;
  return resumable({ cancelDetails: () => move?.detailsOfCancel ?? NOTHING_DONE }, async (control) => {
    const known = isDoubtful ? { repeatedSince: new Date(args.startedAtMs), ...control } : control;
    move = new EventMove(dependencies, { ...args, retries: args.retries + retries }, known, { spent: retries });
    const done = dependencies.metrics.transferStarted();
    try {
      const result = await work(move, move.control);
      done();
      return result;
    } catch (error) {
      done('failed');
      // A worker that stops, or a cancel: `resumable` knows what that means.
      if (control.signal.aborted) throw error;
      throw move.failure(error);
    }
  });
};
