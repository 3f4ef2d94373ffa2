/** Turns traces on where the variables say so. Without them nothing of OpenTelemetry is loaded, and nothing is done. */
import { createRequire } from 'node:module';
import { readTracing } from '../config/tracing';
import type * as TracingModule from './tracing';
import type { Tracing, TracingOptions } from './tracing';

const load = createRequire(__filename);

/** Globals of OpenTelemetry are one for a process. */
let started: Tracing | null = null;

/** Null where traces are off. Throws ConfigInvalid that names the variable. */
export const tracingOf = (options: () => TracingOptions): Tracing | null => {
  if (readTracing() === null) return null;
  started ??= (load('./tracing') as typeof TracingModule).startTracing(options());
  return started;
};
