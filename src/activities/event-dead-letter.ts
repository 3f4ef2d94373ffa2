/** A failed event is put aside, with what is needed to find out why and to try again. */
import type { Dependencies } from './dependencies';
import type { EventActivities } from './event-types';
import { resumable } from './lib/attempt/resumable';

/** Never given up: an event that is neither moved nor in the dead-letter queue would be lost. */
export const createDeadLetterActivity =
  (dependencies: Dependencies): EventActivities['deadLetter'] =>
  ({ envelope, target }) =>
    resumable({ forwardOnly: true }, async ({ signal }) => {
      const { event, error } = envelope;
      const queue = dependencies.deadLetters(target);
      await queue.publish(envelope, signal);
      dependencies.eventMetrics.deadLettered(error.code);
      dependencies
        .eventLogs({ eventId: event?.eventId ?? null, correlationId: event?.correlationId ?? null })
        .warning(`Put into the dead-letter queue ${queue.display}: ${error.message} [${error.code}]`);
    });
