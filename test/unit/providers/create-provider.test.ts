import { Secret } from '../../../src/model/secret';
import { createProvider } from '../../../src/providers/create-provider';

const config = {
  provider: 'rapid7',
  endpoint: 'https://us.api.insight.rapid7.com/export/graphql',
  apiKey: new Secret('k-123'),
  apiKeySource: 'environment variable RAPID7_API_KEY_PROJECT_01 is not set',
  organizationId: null,
  pollIntervalMs: 30_000,
  exportTimeoutMs: 3_600_000,
  httpTimeoutMs: 60_000,
};

test('rapid7 is chosen by name; its key tells accounts apart', () => {
  const provider = createProvider(config);
  expect(provider.name).toBe('rapid7');
  expect(createProvider({ ...config, organizationId: 'org-2' }).key).not.toBe(provider.key);
  expect(provider.mayBeEmpty({ type: 'remediation' })).toBe(true);
  expect(provider.mayBeEmpty({ type: 'vulnerability' })).toBe(false);
});

test.each(['rapid8', 'constructor'])('%s is unknown and the known ones are named', (provider) => {
  const create = () => createProvider({ ...config, provider });
  expect(create).toThrow(expect.objectContaining({ code: 'ConfigInvalid' }) as Error);
  expect(create).toThrow(`api_.provider "${provider}" is unknown; known: rapid7`);
});

test('a missing key says where it should have come from', () => {
  const create = () => createProvider({ ...config, apiKey: null });
  expect(create).toThrow(expect.objectContaining({ code: 'ApiKeyMissing' }) as Error);
  expect(create).toThrow(/RAPID7_API_KEY_PROJECT_01/);
});
