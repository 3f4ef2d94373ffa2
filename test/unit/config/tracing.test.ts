import { isTracingConfigured, readTracing } from '../../../src/config/tracing';

const ON = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

it('is off without an endpoint, and where it is turned off', () => {
  expect(readTracing({})).toBeNull();
  expect(readTracing({ OTEL_TRACES_SAMPLER: 'nonsense', OTEL_SERVICE_NAME: 'x' })).toBeNull();
  expect(readTracing({ ...ON, OTEL_SDK_DISABLED: 'true' })).toBeNull();
  expect(readTracing({ ...ON, OTEL_TRACES_EXPORTER: 'none' })).toBeNull();
  expect(isTracingConfigured({ ...ON, OTEL_SDK_DISABLED: 'False' })).toBe(true);
});

it.each([
  [ON, 'http://collector:4318/v1/traces', 1],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/base/' }, 'https://c/base/v1/traces', 1],
  [{ ...ON, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://t/own?key=abc' }, 'https://t/own', 1],
  [
    { ...ON, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' },
    expect.any(String),
    0.01,
  ],
  [{ ...ON, OTEL_TRACES_SAMPLER: 'traceidratio' }, expect.any(String), 1],
  [{ ...ON, OTEL_TRACES_SAMPLER: 'parentbased_always_off', OTEL_TRACES_SAMPLER_ARG: '1' }, expect.any(String), 0],
])('%j', (env, endpoint: unknown, ratio) => {
  expect(readTracing(env)).toEqual({ endpoint, sampling: { ratio } });
});

it.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  [{ ...ON, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL'],
  [{ ...ON, OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER'],
  [{ ...ON, OTEL_TRACES_SAMPLER: 'sometimes' }, 'OTEL_TRACES_SAMPLER'],
  [{ ...ON, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '10%' }, 'OTEL_TRACES_SAMPLER_ARG'],
])('%j is refused by the name of the variable', (env, name) => {
  expect(() => readTracing(env)).toThrow(name);
});
