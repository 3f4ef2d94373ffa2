/** From a connection string to the driver's settings: sslmode as libpq means it (PostgreSQL documentation, 34.19). */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { LonghaulError } from '../../model/errors';
import type { DatabaseSettings, SslMode } from '../types';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly sslMode: SslMode;
  readonly ssl: ConnectionOptions;
  readonly display: string;
}

const SSL_MODES: readonly SslMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** Throws DatabaseUrlInvalid; never with anything of the URL in it. */
export function readUrl(settings: DatabaseSettings): Endpoint {
  const invalid = (why: string): LonghaulError =>
    new LonghaulError('DatabaseUrlInvalid', `The ${settings.source} ${why}`);
  let url: URL;
  let parts: readonly string[];
  try {
    url = new URL(settings.url.reveal());
    parts = [url.username, url.password, url.pathname.slice(1)].map(decodeURIComponent);
  } catch {
    throw invalid('holds no URL');
  }
  if (!/^postgres(ql)?:$/.test(url.protocol)) throw invalid('holds no URL of Postgres');
  const [user = '', password = '', database = ''] = parts;
  const mode = settings.sslMode ?? url.searchParams.get('sslmode') ?? 'prefer';
  const sslMode = SSL_MODES.find((known) => known === (mode === 'allow' ? 'prefer' : mode));
  if (sslMode === undefined) throw invalid(`has an sslmode that is not one of ${SSL_MODES.join(', ')}`);
  const host = url.searchParams.get('host') ?? url.hostname.replace(/^\[|\]$/g, '');
  if (host === '' || user === '') throw invalid('names no host or no user');
  const port = url.port === '' ? 5432 : Number(url.port);
  return {
    host,
    port,
    user,
    database: database === '' ? user : database,
    password: password === '' ? undefined : password,
    sslMode,
    ssl: sslOptions(sslMode, settings.ca ?? readCa(url.searchParams.get('sslrootcert'), invalid), host),
    display: `${host}:${port}/${database}`,
  };
}

/** Below verify-ca libpq encrypts without looking at the certificate, unless a root certificate is given. */
function sslOptions(mode: SslMode, ca: string | undefined, host: string): ConnectionOptions {
  const trust = ca === undefined ? {} : { ca };
  // Compared with the certificate, also where it is an address, which must not be sent as a server name (RFC 6066, section 3).
  if (mode === 'verify-full') return { ...trust, host };
  if (mode === 'verify-ca' || (mode === 'require' && ca !== undefined)) {
    return { ...trust, checkServerIdentity: () => undefined };
  }
  return { ...trust, rejectUnauthorized: false };
}

function readCa(file: string | null, invalid: (why: string) => LonghaulError): string | undefined {
  if (file === null || file === 'system') return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw invalid('names an sslrootcert that cannot be read');
  }
}
