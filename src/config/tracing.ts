/** Whether and how traces are sent: the variables of the OpenTelemetry specification. Without an endpoint nothing is loaded. */
import { LonghaulError } from '../model/errors';
import type { TraceSampling } from '../model/tracing';
import { readVariable, type EnvironmentVariables } from './read-variable';

export interface TracingConfig {
  /** For logs; the exporter reads endpoint and headers by itself. */
  readonly endpoint: string;
  /** Of a trace that begins in a workflow: one that a schedule or another program has started. */
  readonly sampling: TraceSampling;
}

/** Names of the specification (SDK environment variables, OTEL_TRACES_SAMPLER). */
const SAMPLERS: Readonly<Record<string, 'always' | 'never' | 'ratio'>> = {
  always_on: 'always',
  always_off: 'never',
  traceidratio: 'ratio',
  parentbased_always_on: 'always',
  parentbased_always_off: 'never',
  parentbased_traceidratio: 'ratio',
};

const refuse = (name: string, expected: string): LonghaulError =>
  new LonghaulError('ConfigInvalid', `Environment variable ${name}: expected ${expected}.`);

const endpointOf = (env: EnvironmentVariables): string | null => {
  const base = readVariable(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  return (
    readVariable(env, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ??
    (base === null ? null : `${base.replace(/\/$/, '')}/v1/traces`)
  );
};

/** Whether anything is set that could turn traces on; without one of the two endpoints the rest is never looked at. */
export const isTracingConfigured = (env: EnvironmentVariables = process.env): boolean =>
  endpointOf(env) !== null &&
  readVariable(env, 'OTEL_SDK_DISABLED')?.toLowerCase() !== 'true' &&
  readVariable(env, 'OTEL_TRACES_EXPORTER') !== 'none';

/** Null where traces are off. Throws ConfigInvalid that names the variable; a value that may hold a secret is never repeated. */
export const readTracing = (env: EnvironmentVariables = process.env): TracingConfig | null => {
  const endpoint = endpointOf(env);
  if (endpoint === null || !isTracingConfigured(env)) return null;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw refuse('OTEL_EXPORTER_OTLP_ENDPOINT', 'a URL such as http://collector:4318');
  if ((readVariable(env, 'OTEL_TRACES_EXPORTER') ?? 'otlp') !== 'otlp')
    throw refuse('OTEL_TRACES_EXPORTER', 'otlp or none');
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'])
    if (readVariable(env, name)?.startsWith('grpc') === true)
      throw refuse(name, 'http/json or http/protobuf, at the port for OTLP over HTTP (4318)');
  const sampler = SAMPLERS[readVariable(env, 'OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on'];
  if (sampler === undefined) throw refuse('OTEL_TRACES_SAMPLER', Object.keys(SAMPLERS).join(', '));
  const ratio = sampler === 'ratio' ? Number(readVariable(env, 'OTEL_TRACES_SAMPLER_ARG') ?? 1) : 1;
  if (!(ratio >= 0 && ratio <= 1)) throw refuse('OTEL_TRACES_SAMPLER_ARG', 'a number from 0 to 1');
  return { endpoint: `${url.origin}${url.pathname}`, sampling: { ratio: sampler === 'never' ? 0 : ratio } };
};
