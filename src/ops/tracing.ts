/**
 * OpenTelemetry traces of this process. Loaded only where they are on (config/tracing). Spans wait in a bounded queue and are dropped
 * when it is full; a receiver that is away costs nothing but the spans, and is told of once.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import {
  type Context,
  context,
  type ContextManager,
  type HrTime,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { envDetectorSync, type IResource, Resource } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import {
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
} from '@temporalio/interceptors-opentelemetry';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { WorkflowSpan } from '../model/tracing';
import { redact } from './redaction';

const load = createRequire(__filename);

/** A command line that has done its work does not wait longer for a receiver. */
const FLUSH_TIMEOUT_MS = 2_000;

export interface TracingOptions {
  /** False where payloads are encrypted: texts of failures stay out of spans as they stay out of histories. */
  readonly tellsErrors: boolean;
  /** Called once in a row of failures. */
  readonly onExportFailed: (reason: string) => void;
  /** How long one request to the receiver may take; OTEL_EXPORTER_OTLP_TIMEOUT where it is left out. */
  readonly exportTimeoutMs?: number;
}

/** As the engine tells it (transfer/lib/request-spans). */
interface RequestFacts {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

interface RequestOutcome {
  readonly status?: number;
  readonly error?: unknown;
}

export interface Tracing {
  /** Of requests of the engine, below the span of the activity that makes them. */
  readonly traceRequest: (facts: RequestFacts) => { end(outcome: RequestOutcome): void };
  readonly clientInterceptors: WorkflowClientInterceptor[];
  readonly activityInterceptors: ActivityInterceptorsFactory[];
  /** Ids of the span that is going on here, for log lines; none outside of any. */
  readonly logFields: () => Readonly<Record<string, string>>;
  readonly exportWorkflowSpan: (
    span: WorkflowSpan,
    info: { readonly workflowId: string; readonly runId: string },
  ) => void;
  /** Sends what waits, for some seconds at most. Never throws. */
  flush(): Promise<void>;
  /** As flush, and ends it. */
  stop(): Promise<void>;
}

/** What OpenTelemetry's own package for Node does, without the patching of EventEmitters that nothing here needs. */
class AsyncContexts implements ContextManager {
  private readonly storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    own: Context,
    work: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.storage.run(own, (): ReturnType<F> => work.call(self, ...args));
  }

  bind<T>(own: Context, target: T): T {
    if (typeof target !== 'function') return target;
    const bound = (...args: unknown[]): unknown =>
      this.storage.run(own, (): unknown => Reflect.apply(target, undefined, args));
    return bound as T;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.storage.disable();
    return this;
  }
}

/** The last fence: what a span says in words goes through the redaction of logs, and stacks stay at home. */
class Redacted implements SpanProcessor {
  constructor(
    private readonly inner: BatchSpanProcessor,
    private readonly tellsErrors: boolean,
  ) {}

  onStart(...args: Parameters<SpanProcessor['onStart']>): void {
    this.inner.onStart(args[0], args[1]);
  }

  onEnd(span: ReadableSpan): void {
    const { code, message } = span.status;
    const text = message === undefined || !this.tellsErrors ? {} : { message: redact(message) };
    const events = span.events.map((event) => {
      const type = event.attributes?.['exception.type'];
      return { ...event, attributes: type === undefined ? {} : { 'exception.type': type } };
    });
    const own = { status: { value: { code, ...text } }, events: { value: events } };
    this.inner.onEnd(Object.create(span, own) as ReadableSpan);
  }

  forceFlush(): Promise<void> {
    return this.inner.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }
}

const MS_PER_SECOND = 1_000;
const NS_PER_MS = 1_000_000;
const hrTime = (ms: number): HrTime => [Math.floor(ms / MS_PER_SECOND), Math.round((ms % MS_PER_SECOND) * NS_PER_MS)];

/** A span that has happened elsewhere, with the ids that it has there. */
const readable = (
  span: WorkflowSpan,
  info: { readonly workflowId: string; readonly runId: string },
  resource: IResource,
): ReadableSpan => {
  const { traceId, spanId, parentSpanId, name, startMs, endMs, error } = span;
  const own: SpanContext = { traceId, spanId, traceFlags: 1 };
  return {
    name,
    kind: SpanKind.INTERNAL,
    spanContext: () => own,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    duration: hrTime(endMs - startMs),
    status: error === undefined ? { code: SpanStatusCode.OK } : { code: SpanStatusCode.ERROR, message: error },
    attributes: { temporalWorkflowId: info.workflowId, run_id: info.runId },
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationLibrary: { name: 'longhaul.workflows' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
};

/** 4xx and 5xx are errors of a client span (semantic conventions for HTTP). */
const statusError = (status: number | undefined): string | undefined =>
  status !== undefined && status >= 400 ? String(status) : undefined;

/** A code or a name, never a message. */
const errorType = (error: unknown): string => {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'Error';
};

/** The exporter's errors are written as JSON by their own package. */
const reasonOf = (error: unknown): string => {
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  return [message, code].filter((part) => typeof part === 'string' && part !== '').join(' ') || 'unknown';
};

const bounded = async (work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_TIMEOUT_MS)));
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
};

/** Once per process. Endpoint, headers, sampler and queue are read from the variables of OpenTelemetry by its own packages. */
export const startTracing = (options: TracingOptions): Tracing => {
  const { tellsErrors, onExportFailed, exportTimeoutMs } = options;
  let isFailing = false;
  setGlobalErrorHandler((error) => {
    if (isFailing) return;
    isFailing = true;
    onExportFailed(redact(reasonOf(error)));
  });
  const exporter = new OTLPTraceExporter(exportTimeoutMs === undefined ? {} : { timeoutMillis: exportTimeoutMs });
  const processor = new Redacted(new BatchSpanProcessor(exporter), tellsErrors);
  const { version } = load('../../package.json') as { version: string };
  const own = new Resource({ 'service.name': 'longhaul', 'service.version': version, 'process.pid': process.pid });
  const resource = own.merge(envDetectorSync.detect());
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  provider.register({ contextManager: new AsyncContexts(), propagator: new W3CTraceContextPropagator() });
  const requests = provider.getTracer('longhaul.requests');
  return {
    traceRequest: ({ name, attributes }) => {
      // What is asked outside of any activity is no part of a run.
      if (trace.getSpan(context.active()) === undefined) return { end: () => undefined };
      const span = requests.startSpan(name, { kind: SpanKind.CLIENT, attributes });
      return {
        end({ status, error }) {
          if (!span.isRecording()) return;
          if (status !== undefined) span.setAttribute('http.response.status_code', status);
          const type = error === undefined ? statusError(status) : errorType(error);
          if (type !== undefined) span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    clientInterceptors: clientInterceptors(),
    activityInterceptors: [
      // The SDK writes log lines later than they are made, outside of the activity's context.
      (activity) => ({
        inbound: new OpenTelemetryActivityInboundInterceptor(activity),
        outbound: new OpenTelemetryActivityOutboundInterceptor(activity),
      }),
    ],
    logFields: () => {
      const span = trace.getSpanContext(context.active());
      return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
    },
    exportWorkflowSpan: (span, info) => processor.onEnd(readable(span, info, resource)),
    flush: () => bounded(provider.forceFlush()),
    stop: async () => {
      await bounded(provider.shutdown());
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
};

/** Spans of what begins or changes a run; not of queries, which a watcher asks once a second. */
const clientInterceptors = (): WorkflowClientInterceptor[] => {
  const all = new OpenTelemetryWorkflowClientInterceptor();
  return [
    {
      startWithDetails: (input, next) => all.startWithDetails(input, next),
      startUpdate: (input, next) => all.startUpdate(input, next),
    },
  ];
};
