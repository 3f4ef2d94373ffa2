/** What `transferEvent` asks of activities: types alone, so that workflow code can import them. */
import type { CleanupReport } from '../model/run';
import type { DeadLetterTarget, DlqEnvelope, TransferEvent, TransferEventResult } from '../model/transfer-event';
import type { BegunUpload } from '../transfer/types';

export interface OfEvent {
  /** As it was given to the workflow: `moveObject` is the first to check it. */
  readonly event: TransferEvent;
  /** Of the workflow, in ms since 1970. */
  readonly startedAtMs: number;
  /** Tries that failed before this activity, and are counted with its own. */
  readonly retries: number;
  /** 1, and one more for each time that the object had to start again. */
  readonly starts: number;
}

/** What is left of a try that has ended without the object, for the activity that goes on. */
export interface HandedOver {
  /** Of the retries that the event has, those that are used up: 1 where the try met a fault that may pass. */
  readonly retries: number;
  /** Before the next try. */
  readonly waitMs: number;
  /** Something may be at the destination all the same: it is asked first. */
  readonly isDoubtful: boolean;
}

export type TriedEvent =
  | { readonly kind: 'moved'; readonly result: TransferEventResult }
  | { readonly kind: 'handedOver'; readonly handedOver: HandedOver }
  /** By a worker that moves no bytes. */
  | { readonly kind: 'notTried' };

/** A multipart upload that has been begun, as history holds it: enough to go on, or to take it back. */
export interface BegunEvent {
  readonly upload: BegunUpload;
  readonly transferId: string;
  readonly retries: number;
}

export type OpenedEvent =
  | { readonly kind: 'moved'; readonly result: TransferEventResult }
  | { readonly kind: 'begun'; readonly begun: BegunEvent };

/** The details of a failure of the activities that move, beside those of every activity. */
export interface EventFailure {
  readonly attempts: number;
  /** False: there can be nothing of this transfer at the destination, so there is nothing to take back. */
  readonly touched: boolean;
  /** Of the upload that is open, where one was begun and its id came back. */
  readonly uploadId?: string;
}

/** Queue `longhaul-transfer`. */
export interface EventActivities {
  /**
   * As a local activity: checks the event, and moves a small object by one request each way. One try, and a short one: what is
   * large, slow, or meets a fault that may pass is handed over. `isRepeated`: its workflow task is not the first one.
   */
  moveSmallObject(args: OfEvent & { readonly isRepeated: boolean }): Promise<TriedEvent>;
  /** Checks the event; moves a small object by one request each way, or begins the upload of a large one. */
  moveObject(args: OfEvent & { readonly handedOver?: HandedOver }): Promise<OpenedEvent>;
  moveObjectParts(args: OfEvent & { readonly begun: BegunEvent }): Promise<TransferEventResult>;
  /** Aborts the upload, and deletes the object where this very run has written it. `uploadId` null: none is known. */
  takeBackObject(args: OfEvent & { readonly uploadId: string | null }): Promise<CleanupReport>;
  /** Tried until the queue answers. */
  deadLetter(args: { readonly envelope: DlqEnvelope; readonly target: DeadLetterTarget }): Promise<void>;
}
