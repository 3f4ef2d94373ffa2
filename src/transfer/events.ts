/** What a transfer tells while it runs, for logs and progress bars. What it heartbeats is the checkpoint, not these. */

export type TransferEvent =
  | { readonly kind: 'upload_begin_start' }
  /** `isAdopted`: begun by an earlier attempt. */
  | { readonly kind: 'upload_begin_done'; readonly uploadId: string; readonly isAdopted: boolean }
  | { readonly kind: 'part_start'; readonly number: number; readonly bytes: number }
  | { readonly kind: 'part_done'; readonly number: number; readonly bytes: number }
  /** Sent by an earlier attempt: there is neither `part_start` nor `part_done`. */
  | { readonly kind: 'part_found'; readonly number: number; readonly bytes: number }
  /** The object in one request, without an upload. */
  | { readonly kind: 'put_start'; readonly bytes: number }
  | { readonly kind: 'put_done'; readonly bytes: number }
  /**
   * Bytes of the object that have been read, those that were found at the destination included; goes back where a source
   * has to be read from its start again. Told for every chunk. `expectedBytes` is null where no length is declared.
   */
  | { readonly kind: 'progress'; readonly bytes: number; readonly expectedBytes: number | null }
  | { readonly kind: 'complete_start'; readonly uploadId: string; readonly parts: number }
  | { readonly kind: 'complete_done'; readonly uploadId: string; readonly parts: number; readonly bytes: number }
  | { readonly kind: 'abort_start'; readonly uploadId: string }
  /** `wasThere` false: somebody had aborted or completed it already. */
  | { readonly kind: 'abort_done'; readonly uploadId: string; readonly wasThere: boolean };

/** Called within the transfer's own work: cheap and synchronous. What it throws is lost. */
export type TransferListener = (event: TransferEvent) => void;

/** A listener is for looking on: its failure must not fail a transfer that is fine. */
export function tell(listener: TransferListener | undefined, event: TransferEvent): void {
  if (listener === undefined) return;
  try {
    listener(event);
  } catch {
    return;
  }
}
