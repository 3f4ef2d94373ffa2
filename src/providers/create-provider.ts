/** Makes the provider that a project's config names. */
import type { S3Client } from '@aws-sdk/client-s3';
import { PROVIDER_NEEDS } from '../config/provider-rules';
import type { ProviderName } from '../config/provider-schemas';
import type { ProjectConfig } from '../config/types';
import { LonghaulError } from '../model/errors';
import type { Secret } from '../model/secret';
import { createRapid7Provider } from './rapid7';
import { createS3PrefixProvider } from './s3-prefix';
import { createShopifyProvider } from './shopify';
import { createSnykProvider } from './snyk';
import type { ExportProvider } from './types';
import { createUrlListProvider } from './url-list';

/** The parts of a project's configuration that providers are made from. */
export type ProviderConfig = Pick<ProjectConfig, 'api' | 'providers'>;

export interface ProviderTools {
  /** With the credentials of the project's `aws`. */
  readonly s3: S3Client;
}

/** Throws ConfigInvalid where config.json lacks what the provider needs: the rules of the config see to that before. */
const required = <T>(value: T | null, what: string): T => {
  if (value === null) throw new LonghaulError('ConfigInvalid', `${what} is missing`);
  return value;
};

/** Throws ApiKeyMissing that says where the key should have come from. */
const keyOf = ({ api }: ProviderConfig): Secret => {
  if (api.apiKey !== null) return api.apiKey;
  throw new LonghaulError('ApiKeyMissing', `No API key for ${api.endpoint ?? api.provider}: ${api.apiKeySource}`);
};

/** What every vendor's API is asked with. */
const accessOf = (config: ProviderConfig): { endpoint: string; apiKey: Secret; httpTimeoutMs: number } => ({
  endpoint: required(config.api.endpoint, 'api_.endpoint'),
  apiKey: keyOf(config),
  httpTimeoutMs: config.api.httpTimeoutMs,
});

type Create = (config: ProviderConfig, tools: ProviderTools) => ExportProvider;

const PROVIDERS: Readonly<Record<ProviderName, Create>> = {
  rapid7: (config) => createRapid7Provider({ ...accessOf(config), organizationId: config.api.organizationId }),
  snyk: (config) => createSnykProvider({ ...accessOf(config), settings: required(config.providers.snyk, 'snyk') }),
  shopify: (config) =>
    createShopifyProvider({ ...accessOf(config), settings: required(config.providers.shopify, 'shopify') }),
  'url-list': ({ api, providers }, { s3 }) => {
    const { endpoint, apiKey, httpTimeoutMs } = api;
    const settings = providers.urlList ?? { urls: null, document: null, dataset: 'files' };
    return createUrlListProvider({ endpoint, apiKey, httpTimeoutMs, settings, s3 });
  },
  's3-prefix': ({ providers }, { s3 }) =>
    createS3PrefixProvider({ settings: required(providers.s3Prefix, 's3_prefix'), s3 }),
};

/** Throws ApiKeyMissing where the provider needs a key and the config gives none. */
export const createProvider = (config: ProviderConfig, tools: ProviderTools): ExportProvider => {
  // A key that is named and not there is a mistake, also where the provider would do without any.
  if (config.api.apiKeyNamed || PROVIDER_NEEDS[config.api.provider].apiKey === 'required') keyOf(config);
  return PROVIDERS[config.api.provider](config, tools);
};
