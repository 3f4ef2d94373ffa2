/**
 * What went wrong on the way to a token. The library's errors carry requests with keys and tokens in them, so neither they nor
 * their texts are handed on: only the status and the code of OAuth (RFC 6749 section 5.2).
 */
import { LonghaulError, type ErrorCode } from '../../model/errors';
import { networkFault } from '../lib/network-errors';

interface Fault {
  readonly status?: unknown;
  readonly response?: { readonly status?: unknown; readonly data?: unknown };
}

const isRetryableStatus = (status: number): boolean => status === 408 || status === 429 || status >= 500;

export function mapTokenError(error: unknown): LonghaulError {
  if (error instanceof LonghaulError) return error;
  const { name = '', message = '' } = error instanceof Error ? error : {};
  if (/could not load the default credentials/i.test(message)) {
    return new LonghaulError('GoogleCredentialsMissing', 'No Application Default Credentials were found');
  }
  if (name === 'CredentialsProviderError') {
    return new LonghaulError('CredentialsMissing', 'No AWS credentials were found to ask Google for a token with');
  }
  const local = localFault(error, message);
  if (local !== undefined) return local;
  const status = statusOf(error);
  const code = codeOf(error, status);
  const said = oauthCode(error, message);
  const shown = [status === undefined ? '' : `HTTP ${status}`, said ?? ''].filter((part) => part !== '').join(' ');
  const reason = shown === '' ? safeReason(error) : shown;
  return new LonghaulError(code, `No access token of Google: ${reason}`, {
    operation: 'token',
    ...(status === undefined ? {} : { httpStatus: status }),
  });
}

/** What is wrong with a file of this machine: asking again cannot mend it, and no network is at fault. */
function localFault(error: unknown, message: string): LonghaulError | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // The library's words where the variable names nothing; they repeat the path, which is not ours to hand on.
  if (/^The file at .* does not exist, or it is not a file\./.test(message)) {
    const fault = /^E[A-Z]{2,20}$/.test(code) ? `cannot be read (${code})` : 'is not a file';
    return new LonghaulError('GoogleCredentialsMissing', `The file that GOOGLE_APPLICATION_CREDENTIALS names ${fault}`);
  }
  if (/^ERR_(OSSL|CRYPTO)_[A-Z0-9_]{1,60}$/.test(code))
    return new LonghaulError(
      'GoogleCredentialsRefused',
      `The private key of the service account cannot be used (${code})`,
    );
  return undefined;
}

function codeOf(error: unknown, status: number | undefined): ErrorCode {
  if (status === undefined) {
    if (networkFault(error) !== undefined) return 'TokenUnavailable';
    return 'GoogleCredentialsRefused';
  }
  return isRetryableStatus(status) ? 'TokenUnavailable' : 'GoogleCredentialsRefused';
}

function statusOf(error: unknown): number | undefined {
  const { status, response } = (typeof error === 'object' ? (error ?? {}) : {}) as Fault;
  const found = response?.status ?? status;
  return typeof found === 'number' ? found : undefined;
}

/** `invalid_grant` and the like, never the description: that may repeat what was sent. */
function oauthCode(error: unknown, message: string): string | undefined {
  const { response } = (typeof error === 'object' ? (error ?? {}) : {}) as Fault;
  const data = response?.data as { readonly error?: unknown } | undefined;
  const told = typeof data === 'object' && typeof data.error === 'string' ? data.error : undefined;
  const text = told ?? /^Error code ([a-z_]+)/.exec(message)?.[1];
  return text !== undefined && /^[a-z_]{1,40}$/.test(text) ? text : undefined;
}

const safeReason = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^[A-Z_]{2,40}$/.test(code) ? code : 'the credentials cannot be used';
};
