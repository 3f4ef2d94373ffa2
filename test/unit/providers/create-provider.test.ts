import type { ProviderConfig } from '../../../src/providers/create-provider';
import { createProvider } from '../../../src/providers/create-provider';
import { Secret } from '../../../src/model/secret';
import { createS3Client } from '../../../src/transfer';

const NO_PROVIDERS = { snyk: null, shopify: null, urlList: null, s3Prefix: null };
const config: ProviderConfig = {
  api: {
    provider: 'rapid7',
    endpoint: 'https://us.api.insight.rapid7.com/export/graphql',
    apiKey: new Secret('k-123'),
    apiKeyNamed: true,
    apiKeySource: 'environment variable RAPID7_API_KEY_PROJECT_01 is not set',
    organizationId: null,
    pollIntervalMs: 30_000,
    exportTimeoutMs: 3_600_000,
    httpTimeoutMs: 60_000,
  },
  providers: NO_PROVIDERS,
};
const s3 = createS3Client({ region: 'r', endpoint: null, forcePathStyle: false, credentials: { kind: 'default' } });
afterAll(() => s3.destroy());

const withApi = (api: Partial<ProviderConfig['api']>, providers: Partial<ProviderConfig['providers']> = {}) => ({
  api: { ...config.api, ...api },
  providers: { ...NO_PROVIDERS, ...providers },
});

test('rapid7 is chosen by name; its key tells accounts apart', () => {
  const provider = createProvider(config, { s3 });
  expect(provider.name).toBe('rapid7');
  expect(createProvider(withApi({ organizationId: 'org-2' }), { s3 }).key).not.toBe(provider.key);
  expect(provider.mayBeEmpty({ type: 'remediation' })).toBe(true);
  expect(provider.mayBeEmpty({ type: 'vulnerability' })).toBe(false);
  expect(provider.exportName({ type: 'policy' })).toBe('policy export');
});

test.each<[string, ProviderConfig]>([
  [
    'url-list',
    withApi({ provider: 'url-list', endpoint: 'https://a.test/list.json', apiKey: null, apiKeyNamed: false }),
  ],
  [
    's3-prefix',
    withApi(
      { provider: 's3-prefix', endpoint: null, apiKey: null, apiKeyNamed: false },
      { s3Prefix: { prefix: 's3://b/p', dataset: null } },
    ),
  ],
])('%s needs no key', (name, one) => {
  expect(createProvider(one, { s3 }).name).toBe(name);
});

test.each(['rapid7', 'url-list'] as const)(
  '%s: a key that is named and missing says where it should have come from',
  (provider) => {
    const create = () => createProvider(withApi({ provider, apiKey: null }), { s3 });
    expect(create).toThrow(expect.objectContaining({ code: 'ApiKeyMissing' }) as Error);
    expect(create).toThrow(/RAPID7_API_KEY_PROJECT_01/);
  },
);
