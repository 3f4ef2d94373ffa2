import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { temporalConnection } from '../../../src/config/temporal';
import { errorOf } from './support';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'longhaul-temporal-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

/** Points at a file of the test's own, so that the developer's temporal.toml plays no part. */
const withFile = (text: string, env: Record<string, string> = {}): Record<string, string> => {
  const file = path.join(dir, 'temporal.toml');
  writeFileSync(file, text);
  return { TEMPORAL_CONFIG_FILE: file, ...env };
};

test('without any setting: the local server, namespace default, no TLS', () => {
  expect(temporalConnection(withFile('[profile.default]\n'))).toMatchObject({
    address: '127.0.0.1:7233',
    namespace: 'default',
    tls: false,
    connectionOptions: { address: '127.0.0.1:7233' },
  });
});

test('variables win over the profile; an API key turns TLS on', () => {
  const toml = '[profile.prod]\naddress = "cloud.test:7233"\nnamespace = "ns"\napi_key = "k"\n';
  const settings = temporalConnection(withFile(toml, { TEMPORAL_PROFILE: 'prod', TEMPORAL_NAMESPACE: 'other' }));
  expect(settings).toMatchObject({
    address: 'cloud.test:7233',
    namespace: 'other',
    tls: true,
    connectionOptions: { apiKey: 'k', tls: true },
  });
});

test('a profile that is not there, a file that is not TOML: ConfigInvalid, quoting nothing of the file', () => {
  expect(errorOf(() => temporalConnection(withFile('', { TEMPORAL_PROFILE: 'absent' }))).code).toBe('ConfigInvalid');
  const error = errorOf(() => temporalConnection(withFile('[profile.default]\napi_key = "the-secret-key" oops\n')));
  expect(error.code).toBe('ConfigInvalid');
  expect(error.message).toContain('temporal.toml');
  expect(error.message).not.toContain('the-secret-key');
});
