/** What each provider needs of config.json, beside what every key must be by itself. */
import type { Problem } from './problems';
import type { ProjectFile } from './project-schema';
import { PROVIDER_NAMES, PROVIDER_SECTIONS, type ProviderName } from './provider-schemas';

type Section = keyof typeof PROVIDER_SECTIONS;

export interface ProviderNeeds {
  /** Its own section; null: it has none. */
  readonly section: Section | null;
  readonly sectionRequired: boolean;
  readonly endpoint: 'required' | 'optional' | 'unused';
  readonly apiKey: 'required' | 'optional';
}

export const PROVIDER_NEEDS: Readonly<Record<ProviderName, ProviderNeeds>> = {
  rapid7: { section: null, sectionRequired: false, endpoint: 'required', apiKey: 'required' },
  snyk: { section: 'snyk', sectionRequired: true, endpoint: 'required', apiKey: 'required' },
  shopify: { section: 'shopify', sectionRequired: true, endpoint: 'required', apiKey: 'required' },
  'url-list': { section: 'url_list', sectionRequired: false, endpoint: 'optional', apiKey: 'optional' },
  's3-prefix': { section: 's3_prefix', sectionRequired: true, endpoint: 'unused', apiKey: 'optional' },
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const providerOf = (api: Record<string, unknown>): ProviderName | undefined =>
  PROVIDER_NAMES.find((name) => name === (api.provider ?? 'rapid7'));

/**
 * What is missing or too much for the provider. Asked of the file as it was written, so that all problems come at once;
 * nothing where `api_` or its provider is wrong by itself.
 */
export const providerFaults = (input: Record<string, unknown>): Problem[] => {
  const api = input.api_;
  const name = isObject(api) ? providerOf(api) : undefined;
  if (!isObject(api) || name === undefined) return [];
  const needs = PROVIDER_NEEDS[name];
  const faults: Problem[] = [];
  const given = api.endpoint ?? null;
  if (needs.endpoint === 'required' && given === null) {
    faults.push({ path: ['api_', 'endpoint'], text: `api_.endpoint is missing: provider "${name}" needs it` });
  }
  if (needs.endpoint === 'unused' && given !== null) {
    faults.push({ path: ['api_', 'endpoint'], text: `api_.endpoint is not used by provider "${name}"` });
  }
  for (const section of Object.keys(PROVIDER_SECTIONS)) {
    const isThere = input[section] !== undefined;
    if (section === needs.section && needs.sectionRequired && !isThere) {
      faults.push({ path: [section], text: `${section} is missing: provider "${name}" needs it` });
    }
    if (section !== needs.section && isThere) {
      faults.push({ path: [section], text: `${section} is not of provider "${name}" (api_.provider)` });
    }
  }
  return faults;
};

/** Rules between the keys of a provider, once each is right by itself. */
export const providerCrossFaults = (file: ProjectFile): Problem[] => [...urlListFaults(file), ...snykFaults(file)];

const snykFaults = ({ snyk }: ProjectFile): Problem[] => {
  if (snyk === undefined) return [];
  const faults: Problem[] = [];
  if ((snyk.group_id === null) === (snyk.org_id === null)) {
    faults.push({ path: ['snyk'], text: 'snyk: give either snyk.group_id or snyk.org_id' });
  }
  if (snyk.from !== null && snyk.to !== null && Date.parse(snyk.from) >= Date.parse(snyk.to)) {
    faults.push({ path: ['snyk', 'to'], text: `snyk.to ${snyk.to} is not after snyk.from ${snyk.from}` });
  }
  return faults;
};

const urlListFaults = ({ api_: api, url_list: list }: ProjectFile): Problem[] => {
  if (api.provider !== 'url-list') return [];
  const given = [api.endpoint, list?.urls ?? null, list?.document ?? null].filter((source) => source !== null);
  return given.length === 1
    ? []
    : [
        {
          path: ['url_list'],
          text: 'url_list: give exactly one of api_.endpoint, url_list.urls and url_list.document',
        },
      ];
};
