/**
 * The log of the transfer worker: one JSON object a line for what happens to an event, with the same eight fields in every
 * line, null where a line has no value for one. Log pipelines map them by name, so nothing is added or left out: what else
 * there is to say is in the message. Text is redacted as in every other log.
 */
import { createLineWriter, type LoggerOptions, type LogLevel } from './logging';
import { redact } from './redaction';

const SERVICE = 'transfer-worker';
const MILLISECONDS = 1000;

/** Which event a line is about; null where a message is none that can be read. */
export interface EventIdentity {
  readonly eventId: string | null;
  readonly correlationId: string | null;
}

export interface EventFigures {
  /** From the start of the event or attempt that the line is about. */
  readonly durationSeconds?: number;
  readonly bytesTransferred?: number;
}

/** The log of one event. */
export interface EventLog {
  debug(message: string, figures?: EventFigures): void;
  info(message: string, figures?: EventFigures): void;
  warning(message: string, figures?: EventFigures): void;
  error(message: string, figures?: EventFigures): void;
}

/** Gives the log of each event. */
export type EventLogs = (identity: EventIdentity) => EventLog;

/** To the millisecond: more digits are noise. */
const seconds = (value: number): number => Math.round(value * MILLISECONDS) / MILLISECONDS;

const text = (value: string | null): string | null => (value === null ? null : redact(value));

/**
 * @param options `destination` (stderr by default) and the least `level` of a line. Lines are JSON whatever `format` says:
 *   machines read them.
 */
export const createEventLogs = (options: Pick<LoggerOptions, 'level' | 'destination'> = {}): EventLogs => {
  const write = createLineWriter(options);
  return ({ eventId, correlationId }) => {
    const log =
      (level: LogLevel) =>
      (message: string, { durationSeconds, bytesTransferred }: EventFigures = {}): void => {
        write(level, {
          timestamp: new Date().toISOString(),
          level,
          correlation_id: text(correlationId),
          event_id: text(eventId),
          service: SERVICE,
          message: redact(message),
          duration_seconds: durationSeconds === undefined ? null : seconds(durationSeconds),
          bytes_transferred: bytesTransferred ?? null,
        });
      };
    return { debug: log('DEBUG'), info: log('INFO'), warning: log('WARNING'), error: log('ERROR') };
  };
};
