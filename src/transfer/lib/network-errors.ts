/** What went wrong on the way to a server, from the codes that Node and undici give. */
import { types } from 'node:util';

/** Also of errors that were made in another realm: Node's own, seen from within a sandbox. */
const isError = (value: unknown): value is Error => value instanceof Error || types.isNativeError(value);

export type NetworkFault = 'unreachable' | 'lost' | 'timeout' | 'protocol';

const UNREACHABLE = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const LOST = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_INFO',
  'ERR_STREAM_PREMATURE_CLOSE',
]);
const TIMEOUT = new Set(['ETIMEDOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** Undefined where the error is not the network's. Looks into causes, and into the several errors of several addresses. */
export function networkFault(error: unknown): NetworkFault | undefined {
  for (let current = error, depth = 0; isError(current) && depth < 5; current = current.cause, depth += 1) {
    const code = 'code' in current ? String(current.code) : '';
    if (UNREACHABLE.has(code)) return 'unreachable';
    if (LOST.has(code)) return 'lost';
    if (TIMEOUT.has(code)) return 'timeout';
    if (code.startsWith('HPE_')) return 'protocol';
    if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO|ERR_OSSL)/.test(code)) return 'unreachable';
    if (current instanceof AggregateError) {
      const inner = current.errors.map(networkFault).find((fault) => fault !== undefined);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

/** A short reason for messages: never more than code and text, which hold no URL. */
export function faultText(error: unknown): string {
  if (!isError(error)) return 'unknown fault';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (error instanceof AggregateError && error.message === '') return code ?? faultText(error.errors[0]);
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}
