/** The variables of OpenTelemetry that are looked at, for docs/reference/environment.md. */
export const TRACING_VARIABLES = [
  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    default: 'off',
    meaning: 'Origin of an OTLP/HTTP receiver, such as `http://collector:4318`: turns traces on.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    default: 'off',
    meaning: 'The same as a whole URL, `http://collector:4318/v1/traces`; before the other.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_HEADERS',
    default: 'none',
    meaning: 'Headers of the requests to the receiver, `name=value,…`; so are OTEL_EXPORTER_OTLP_TRACES_HEADERS.',
  },
  { name: 'OTEL_SDK_DISABLED', default: 'false', meaning: '`true`: no traces, whatever else is set.' },
  { name: 'OTEL_TRACES_EXPORTER', default: 'otlp', meaning: '`none`: no traces.' },
  { name: 'OTEL_SERVICE_NAME', default: 'longhaul', meaning: 'Name of the service on all spans.' },
  { name: 'OTEL_RESOURCE_ATTRIBUTES', default: 'none', meaning: 'Further attributes of all spans, `name=value,…`.' },
  {
    name: 'OTEL_TRACES_SAMPLER',
    default: 'parentbased_always_on',
    meaning:
      'Which traces are kept: always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio.',
  },
  { name: 'OTEL_TRACES_SAMPLER_ARG', default: '1', meaning: 'Of the samplers by ratio: 0 to 1.' },
  {
    name: 'OTEL_BSP_MAX_QUEUE_SIZE',
    default: '2048',
    meaning:
      'Spans that wait to be sent at most; more are dropped. OTEL_BSP_SCHEDULE_DELAY, in ms: how often they are sent.',
  },
] as const;
