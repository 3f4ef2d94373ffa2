/**
 * Logs: one JSON object per line on stderr (stdout is for data), fields `event`, `level`, `ts` and what belongs to the
 * event. `event` is a stable dotted name such as `export.polled`; numbers and names go into fields of their own.
 */
import pino from 'pino';
import { logValue } from './log-values';

const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warning(event: string, fields?: LogFields): void;
  /** Put the error itself under `error`: it is written with stack and causes. */
  error(event: string, fields?: LogFields): void;
  log(level: LogLevel, event: string, fields?: LogFields): void;
  /** The same logger with more fields on every line, and perhaps another level (a project's `logging.level`). */
  child(fields: LogFields, level?: LogLevel): Logger;
}

export interface LoggerOptions {
  readonly level?: string;
  readonly format?: 'json' | 'pretty';
  /** Fields of every line. */
  readonly base?: LogFields;
  /** stderr by default. */
  readonly destination?: { write(line: string): unknown };
}

type Line = { readonly ts: string; readonly level: LogLevel; readonly event: string } & LogFields;
type Sink = (line: Line) => void;

const isLogLevel = (text: string): text is LogLevel => (LOG_LEVELS as readonly string[]).includes(text);

/** One for the process: two of them would tear each other's lines apart on a full pipe. */
let stderr: ReturnType<typeof pino.destination> | undefined;

/**
 * Pino's destination writes without blocking the event loop, where heartbeats start, and flushes when the process exits;
 * process.stderr blocks on a full pipe.
 */
const jsonSink = (destination: LoggerOptions['destination']): ((line: object) => void) => {
  const out = destination ?? (stderr ??= pino.destination({ dest: 2, sync: false }));
  return (line) => {
    out.write(`${JSON.stringify(line)}\n`);
  };
};

const shown = (value: unknown): string => {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
};

/** An error as logValue wrote it, or whatever else was put under `error`. */
const errorText = (error: unknown): string => {
  const { stack, message, cause } = (error ?? {}) as { stack?: unknown; message?: unknown; cause?: unknown };
  const own = stack ?? message;
  const text = typeof own === 'string' ? own : shown(error);
  return cause === undefined ? text : `${text}\ncaused by ${errorText(cause)}`;
};

const prettySink = (destination: LoggerOptions['destination']): Sink => {
  const out = destination ?? process.stderr;
  return ({ ts, level, event, error, ...fields }) => {
    const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
    const text = pairs.map(([name, value]) => ` ${name}=${shown(value)}`).join('');
    const below = error === undefined ? '' : `\n  ${errorText(error).replaceAll('\n', '\n  ')}`;
    out.write(`${ts.slice(11, 19)} ${level.padEnd(7)} ${event}${text}${below}\n`);
  };
};

/** Of what is going on where a line is written, such as the ids of its trace. */
let contextFields: (() => LogFields) | null = null;

/** For all loggers of the process, from now on. */
export const setLogContext = (fields: (() => LogFields) | null): void => {
  contextFields = fields;
};

const build = (sink: Sink, level: LogLevel, base: LogFields): Logger => {
  const log = (lineLevel: LogLevel, event: string, fields: LogFields = {}): void => {
    if (LOG_LEVELS.indexOf(lineLevel) < LOG_LEVELS.indexOf(level)) return;
    const values = logValue({ ...base, ...contextFields?.(), ...fields });
    // The three fixed names win over fields of the same name, so that a filter on them can be trusted.
    const fixed = { ts: new Date().toISOString(), level: lineLevel, event: logValue(event) as string };
    sink({ ...fixed, ...(values as LogFields), ...fixed });
  };
  return {
    log,
    debug: (event, fields) => log('DEBUG', event, fields),
    info: (event, fields) => log('INFO', event, fields),
    warning: (event, fields) => log('WARNING', event, fields),
    error: (event, fields) => log('ERROR', event, fields),
    child: (fields, childLevel) => build(sink, childLevel ?? level, { ...base, ...fields }),
  };
};

const levelOf = (text: string | undefined): LogLevel => {
  const wanted = (text ?? 'INFO').toUpperCase();
  return isLogLevel(wanted) ? wanted : 'INFO';
};

/** What writes lines of another form than `Line` to the same place and by the same level. */
export const createLineWriter = (options: LoggerOptions): ((level: LogLevel, line: object) => void) => {
  const sink = jsonSink(options.destination);
  const least = LOG_LEVELS.indexOf(levelOf(options.level));
  return (level, line) => {
    if (LOG_LEVELS.indexOf(level) >= least) sink(line);
  };
};

/** Creates the logger of a process. An unknown level means INFO: logging must not be what stops a process. */
export const createLogger = (options: LoggerOptions = {}): Logger => {
  const sink = options.format === 'pretty' ? prettySink(options.destination) : jsonSink(options.destination);
  return build(sink, levelOf(options.level), options.base ?? {});
};
