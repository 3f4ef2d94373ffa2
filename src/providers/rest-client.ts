/** Calls to export APIs that answer JSON over plain HTTP methods, tried once each. */
import { LonghaulError } from '../model/errors';
import { callApi, type ApiCall, type ApiEndpoint } from './api-call';
import { httpError } from './api-errors';

/**
 * The JSON of a 2xx answer. Throws ApiUnreachable (no answer, in time), ApiUnauthorized, ApiThrottled, ApiUnavailable,
 * ApiRejected, ApiProtocol, or the signal's own reason.
 */
export const callJson = async (to: ApiEndpoint, call: ApiCall, signal: AbortSignal): Promise<unknown> => {
  const answer = await callApi(to, call, signal);
  const { host } = call.url;
  const error = httpError(call.operation, host, answer);
  if (error !== undefined) throw error;
  try {
    return JSON.parse(answer.text);
  } catch {
    const isHtml = /^\s*</.test(answer.text);
    const says = `${host} answers ${call.operation} with ${isHtml ? 'an HTML page' : 'something that is not JSON'}`;
    const context = { operation: call.operation, httpStatus: answer.status };
    // An HTML page with status 200 comes from a proxy or a maintenance page and passes; other nonsense does not.
    throw new LonghaulError(isHtml ? 'ApiUnavailable' : 'ApiProtocol', says, context);
  }
};
