/**
 * Spans of workflows, their activities and children (docs/decisions/0030). Turned on by the worker; off, there are no interceptors at all.
 *
 * Not those of @temporalio/interceptors-opentelemetry, which wait a microtask longer in some calls and not in others: commands
 * would come in another order than in the history of a run that began without traces. These change nothing but headers: what
 * `next` returns is returned as it is, ids are computed and not drawn, and no global of the sandbox is replaced. Headers and
 * names are those of that package, whose client and activity sides are used.
 */
import { defaultPayloadConverter } from '@temporalio/common';
import type { Headers } from '@temporalio/common';
import {
  ContinueAsNew,
  proxySinks,
  type Sinks,
  type WorkflowExecuteInput,
  workflowInfo,
  type WorkflowInterceptors,
} from '@temporalio/workflow';
import { TRACING_GLOBAL, type TraceSampling, type WorkflowSpan } from '../model/tracing';
import { isAmong, readContext, spanIdOf, type TraceContext, traceIdOf, writeContext } from './lib/trace-ids';

/** As in TRACE_HEADER of the package. */
const HEADER = '_tracer-data';

export interface TraceSinks extends Sinks {
  readonly tracing: { span(span: WorkflowSpan): void };
}

const samplingOf = (): TraceSampling | undefined =>
  (globalThis as unknown as Record<string, TraceSampling | undefined>)[TRACING_GLOBAL];

const contextIn = (headers: Headers): TraceContext | undefined => {
  const payload = headers[HEADER];
  return payload === undefined ? undefined : readContext(defaultPayloadConverter.fromPayload(payload));
};

/** The spans of one workflow execution. */
class WorkflowTrace {
  private begun = 0;
  private root: TraceContext | undefined;

  constructor(private readonly sampling: TraceSampling) {}

  /** Of log lines; undefined before the workflow has begun. */
  get context(): TraceContext | undefined {
    return this.root;
  }

  begin({ headers }: WorkflowExecuteInput): Span {
    const { firstExecutionRunId } = workflowInfo();
    const traceId = traceIdOf(firstExecutionRunId);
    const parent = contextIn(headers);
    const isSampled = parent?.isSampled ?? isAmong(traceId, this.sampling.ratio);
    const { runId, workflowType } = workflowInfo();
    const from = parent ?? { traceId, spanId: '', isSampled };
    this.root = { ...from, spanId: spanIdOf(`${runId} 0`) };
    return new Span(`RunWorkflow:${workflowType}`, this.root, from.spanId);
  }

  /** A span below the workflow's own. */
  child(name: string): Span | undefined {
    if (this.root === undefined) return undefined;
    this.begun += 1;
    const spanId = spanIdOf(`${workflowInfo().runId} ${this.begun}`);
    return new Span(name, { ...this.root, spanId }, this.root.spanId);
  }
}

class Span {
  private readonly startMs = Date.now();

  constructor(
    private readonly name: string,
    private readonly context: TraceContext,
    private readonly parentSpanId: string,
  ) {}

  headers(headers: Headers): Headers {
    return { ...headers, [HEADER]: defaultPayloadConverter.toPayload(writeContext(this.context)) };
  }

  readonly succeeded = (): void => this.end();
  readonly failed = (error: unknown): void =>
    this.end(error instanceof ContinueAsNew ? undefined : error instanceof Error ? error.message : String(error));

  /** The worker drops what is told in a replay. */
  private end(error?: string): void {
    const { name, startMs, parentSpanId } = this;
    const { traceId, spanId, isSampled } = this.context;
    if (!isSampled) return;
    proxySinks<TraceSinks>().tracing.span({
      traceId,
      spanId,
      name,
      startMs,
      endMs: Date.now(),
      ...(parentSpanId === '' ? {} : { parentSpanId }),
      ...(error === undefined ? {} : { error }),
    });
  }
}

export const interceptors = (): WorkflowInterceptors => {
  const sampling = samplingOf();
  if (sampling === undefined) return {};
  const trace = new WorkflowTrace(sampling);
  /** The very promise of `next` is returned: one that waits for it would come later. */
  const during = <T>(span: Span | undefined, promise: Promise<T>): Promise<T> => {
    if (span !== undefined) promise.then(span.succeeded, span.failed);
    return promise;
  };
  return {
    inbound: [{ execute: (input, next) => during(trace.begin(input), next(input)) }],
    outbound: [
      {
        scheduleActivity(input, next) {
          const span = trace.child(`StartActivity:${input.activityType}`);
          return during(span, next({ ...input, headers: span?.headers(input.headers) ?? input.headers }));
        },
        scheduleLocalActivity(input, next) {
          const span = trace.child(`StartActivity:${input.activityType}`);
          return during(span, next({ ...input, headers: span?.headers(input.headers) ?? input.headers }));
        },
        startChildWorkflowExecution(input, next) {
          const span = trace.child(`StartChildWorkflow:${input.workflowType}`);
          return during(span, next({ ...input, headers: span?.headers(input.headers) ?? input.headers }));
        },
        continueAsNew(input, next) {
          const span = trace.child(`ContinueAsNew:${input.options.workflowType}`);
          return during(span, next({ ...input, headers: span?.headers(input.headers) ?? input.headers }));
        },
        getLogAttributes(input, next) {
          const { context } = trace;
          return next(context === undefined ? input : { trace_id: context.traceId, span_id: context.spanId, ...input });
        },
      },
    ],
  };
};
