/** What the bridge and the activities agree on. */
import type { LonghaulError } from '../model/errors';
import type { DlqEnvelope } from '../model/transfer-event';

/** A queue that failed events are kept in until somebody looks at them. */
export interface DeadLetterQueue {
  /** For messages and logs: names the queue or topic, no secret. */
  readonly display: string;
  /**
   * Resolves once the queue has answered that it keeps the envelope: idempotent as far as the queue allows
   * (deduplication by event id and failure where it has any). Throws LonghaulErrors of the table, or the signal's reason.
   */
  publish(envelope: DlqEnvelope, signal: AbortSignal): Promise<void>;
}

/** Something that takes events in. */
export interface QueueConsumer {
  readonly display: string;
  /** Why nothing comes in at the moment; null: all is well, as far as anybody knows. */
  readonly fault: LonghaulError | null;
  start(): void;
  /** Takes nothing new; resolves when what is in hand is acknowledged or given back. Never rejects. */
  stop(): Promise<void>;
}
