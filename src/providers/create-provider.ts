/** Chooses the export API that a project's config names. */
import type { ProjectConfig } from '../config/types';
import { LonghaulError } from '../model/errors';
import type { Secret } from '../model/secret';
import { createRapid7Provider } from './rapid7';
import type { ExportProvider } from './types';

type ApiConfig = ProjectConfig['api'];

const PROVIDERS: Readonly<Record<string, (config: ApiConfig, apiKey: Secret) => ExportProvider>> = {
  rapid7: ({ endpoint, organizationId, httpTimeoutMs }, apiKey) =>
    createRapid7Provider({ endpoint, apiKey, organizationId, httpTimeoutMs }),
};

export const PROVIDER_NAMES = Object.keys(PROVIDERS);

/** Throws ConfigInvalid for an unknown provider, ApiKeyMissing where the config gives no key. */
export const createProvider = (config: ApiConfig): ExportProvider => {
  const create = Object.hasOwn(PROVIDERS, config.provider) ? PROVIDERS[config.provider] : undefined;
  if (create === undefined) {
    const known = PROVIDER_NAMES.join(', ');
    throw new LonghaulError('ConfigInvalid', `api_.provider "${config.provider}" is unknown; known: ${known}`);
  }
  if (config.apiKey === null) {
    throw new LonghaulError('ApiKeyMissing', `No API key for ${config.endpoint}: ${config.apiKeySource}`);
  }
  return create(config, config.apiKey);
};
