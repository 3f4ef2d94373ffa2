/** What workflow code, which is bundled ahead, is told of traces, and what it tells the worker. Pure. */

/** Of traces that begin in a workflow; those that begin elsewhere say themselves whether they are kept. */
export interface TraceSampling {
  /** 0 to 1. */
  readonly ratio: number;
}

/** Set in front of the workflows' bundle where traces are on; its absence means off. */
export const TRACING_GLOBAL = '__longhaulTracing';

/** One span of a workflow, on its way out of the sandbox. Times in ms since 1970. */
export interface WorkflowSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  /** The failure's text; absent where it went well. */
  readonly error?: string;
}
