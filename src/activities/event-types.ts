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

/** A multipart upload that has been begun, as history holds it: enough to go on, or to take it back. */
export interface BegunEvent {
  readonly upload: BegunUpload;
  readonly transferId: string;
  readonly retries: number;
}

export type OpenedEvent =
  | { readonly kind: 'moved'; readonly result: TransferEventResult }
  | { readonly kind: 'begun'; readonly begun: BegunEvent };

/** The details of a failure of `moveObject` and `moveObjectParts`, beside those of every activity. */
export interface EventFailure {
  readonly attempts: number;
  /** False: there can be nothing of this transfer at the destination, so there is nothing to take back. */
  readonly touched: boolean;
  /** Of the upload that is open, where one was begun and its id came back. */
  readonly uploadId?: string;
}

/** Queue `longhaul-transfer`. */
export interface EventActivities {
  /** Checks the event; moves a small object by one request each way, or begins the upload of a large one. */
  moveObject(args: OfEvent): Promise<OpenedEvent>;
  moveObjectParts(args: OfEvent & { readonly begun: BegunEvent }): Promise<TransferEventResult>;
  /** Aborts the upload, and deletes the object where this very run has written it. `uploadId` null: none is known. */
  takeBackObject(args: OfEvent & { readonly uploadId: string | null }): Promise<CleanupReport>;
  /** Tried until the queue answers. */
  deadLetter(args: { readonly envelope: DlqEnvelope; readonly target: DeadLetterTarget }): Promise<void>;
}
