/** From SQLSTATE (PostgreSQL documentation, Appendix A) and network faults to the table of errors. */
import { LonghaulError, type ErrorCode, type ErrorContext } from '../../model/errors';

/** A class has two characters; the first that fits counts. */
const BY_STATE: readonly (readonly [state: string, code: ErrorCode])[] = [
  ['42P01', 'TableMissing'],
  ['3F000', 'TableMissing'],
  ['42703', 'ColumnMissing'],
  ['42501', 'PostgresRefused'],
  ['28', 'PostgresRefused'],
  ['3D000', 'DatabaseUrlInvalid'],
  ['53100', 'PostgresDiskFull'],
  ['53', 'PostgresBusy'],
  ['57P01', 'PostgresUnreachable'],
  ['57P02', 'PostgresUnreachable'],
  ['57P03', 'PostgresBusy'],
  ['57014', 'StatementTimeout'],
  ['55P03', 'LoadConflict'],
  ['40', 'LoadConflict'],
  ['08', 'PostgresUnreachable'],
  ['23', 'ConstraintViolated'],
  ['25006', 'PostgresRefused'],
];

/** Undefined where the server has not spoken: the connection is at fault. */
export function stateOf(error: unknown): string | undefined {
  const code = fieldOf(error, 'code');
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) ? code : undefined;
}

export function fieldOf(error: unknown, name: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What Node and OpenSSL call faults of TLS and of certificates (Node.js documentation, tls, "X509 certificate error codes"). */
const TLS_CODE = /CERT|SSL|TLS|CRL|SIGNATURE|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH/;

/** The most that a message of the server may add to ours: values of rows are quoted in it. */
const MESSAGE_CHARS = 200;

export const serverText = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_CHARS);

/**
 * `what` begins the message. Of a connection that fails only the system's code is shown: the driver's own words name users, and
 * a URL that cannot be read is quoted whole; the cause is left out for the same reason.
 */
export function mapSqlError(error: unknown, what: string, context: ErrorContext = {}): LonghaulError {
  if (error instanceof LonghaulError) return error;
  const state = stateOf(error);
  if (state === undefined) {
    const code = fieldOf(error, 'code');
    const tls = code !== undefined && TLS_CODE.test(code);
    const text = `${what} failed: the ${tls ? 'certificate of the database is not accepted' : 'connection failed'}${code === undefined ? '' : ` (${code})`}`;
    return new LonghaulError(tls ? 'PostgresRefused' : 'PostgresUnreachable', text, context);
  }
  const code = BY_STATE.find(([prefix]) => state.startsWith(prefix))?.[1] ?? 'PostgresFailed';
  const isAccess = state.startsWith('28');
  const constraint = fieldOf(error, 'constraint');
  const named = constraint === undefined ? '' : `, constraint ${constraint}`;
  // Class 28 names the user.
  const words = isAccess ? 'the user or password is wrong' : serverText(error);
  return new LonghaulError(code, `${what} failed: ${state} ${words}${named}`, { ...context, sqlState: state });
}

/** Deadlock and serialization failure: the transaction is simply run again. */
export const isRepeatable = (error: unknown): boolean => ['40001', '40P01'].includes(stateOf(error) ?? '');
