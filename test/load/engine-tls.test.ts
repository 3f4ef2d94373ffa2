/** Postgres over TLS, with authorities made by openssl: sslmode means what it means to libpq. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { DatabaseSettings } from '../../src/load';
import { pooled } from '../../src/load/database/database';
import { startTestPostgres, type TestPostgres } from '../support/postgres';
import { databaseAt, failureOf, never } from './engine-support';

const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-tls-'));
const file = (name: string): string => path.join(folder, name);
const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });

const makeAuthority = (name: string): void =>
  openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
    ...['-keyout', `${name}.key`, '-out', `${name}.crt`],
  );

/** A server whose certificate is for `names`, signed by the authority `ours`. */
async function startServer(name: string, names: string): Promise<TestPostgres> {
  openssl(
    ...[
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    ],
  );
  writeFileSync(file(`${name}.ext`), `subjectAltName=${names}\n`);
  openssl(
    ...['x509', '-req', '-days', '2', '-in', `${name}.csr`, '-CA', 'ours.crt', '-CAkey', 'ours.key', '-CAcreateserial'],
    ...['-extfile', `${name}.ext`, '-out', `${name}.crt`],
  );
  chmodSync(file(`${name}.key`), 0o600);
  // Under root the server runs as nobody.
  if (process.getuid?.() === 0) chownSync(file(`${name}.key`), 65_534, 65_534);
  return startTestPostgres(['ssl=on', `ssl_cert_file=${file(`${name}.crt`)}`, `ssl_key_file=${file(`${name}.key`)}`]);
}

let here: TestPostgres;
let elsewhere: TestPostgres;
beforeAll(async () => {
  chmodSync(folder, 0o755);
  makeAuthority('ours');
  makeAuthority('theirs');
  here = await startServer('here', 'DNS:localhost,IP:127.0.0.1');
  elsewhere = await startServer('elsewhere', 'DNS:database.example.com');
}, 120_000);
afterAll(async () => {
  await here.stop();
  await elsewhere.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ca = (name: string): string => readFileSync(file(`${name}.crt`), 'utf8');

/** Whether the server says that the connection is encrypted. */
async function isEncrypted(url: string, settings: Partial<DatabaseSettings>): Promise<boolean> {
  const database = databaseAt(url, settings);
  try {
    return await pooled(database).transaction({ what: 'Asking', signal: never() }, async (client) => {
      const { rows } = await client.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
      return rows[0]?.ssl === true;
    });
  } finally {
    await database.close();
  }
}

const byName = (url: string): string => url.replace('127.0.0.1', 'localhost');

test('verify-full: the right authority and the right name, or address, are accepted', async () => {
  const settings = { sslMode: 'verify-full', ca: ca('ours') } as const;
  expect(await isEncrypted(byName(here.url), settings)).toBe(true);
  expect(await isEncrypted(here.url, settings)).toBe(true);
  const asText = `${here.url}?sslmode=verify-full&sslrootcert=${encodeURIComponent(file('ours.crt'))}`;
  expect(await isEncrypted(asText, {})).toBe(true);
});

test('verify-full: another authority, none, or another name are refused, and the error says why', async () => {
  const refused = async (url: string, settings: Partial<DatabaseSettings>): Promise<string> => {
    const { code, message } = await failureOf(isEncrypted(url, { sslMode: 'verify-full', ...settings }));
    expect(message).toContain('certificate of the database is not accepted');
    return code;
  };
  expect(await refused(here.url, { ca: ca('theirs') })).toBe('PostgresRefused');
  expect(await refused(here.url, {})).toBe('PostgresRefused');
  expect(await refused(elsewhere.url, { ca: ca('ours') })).toBe('PostgresRefused');
  expect(await refused(byName(elsewhere.url), { ca: ca('ours') })).toBe('PostgresRefused');
});

test('verify-ca looks at the authority alone, require and prefer encrypt, disable does not', async () => {
  expect(await isEncrypted(elsewhere.url, { sslMode: 'verify-ca', ca: ca('ours') })).toBe(true);
  const wrong = isEncrypted(elsewhere.url, { sslMode: 'verify-ca', ca: ca('theirs') });
  expect(await failureOf(wrong)).toMatchObject({ code: 'PostgresRefused', retryable: false });
  expect(await isEncrypted(elsewhere.url, { sslMode: 'require' })).toBe(true);
  expect(await isEncrypted(elsewhere.url, { sslMode: 'prefer' })).toBe(true);
  expect(await isEncrypted(elsewhere.url, { sslMode: 'disable' })).toBe(false);
});
