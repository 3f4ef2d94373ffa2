/** Rules of the restore file: between keys, what messages must not show, and what a run must not change. */
import * as path from 'node:path';
import { credentialFaults } from './credentials';
import type { OverrideRules } from './overrides';
import type { FileRules, Problem } from './problems';
import { restoreSchema, type RestoreFile } from './restore-schema';
import { ConfigShape } from './schema-keys';

export const RESTORE_SHAPE = new ConfigShape(restoreSchema);

const SECRETS = ['s3.access_key_id', 's3.secret_access_key', 's3.session_token'];
/** Not secret, but a password or URL pasted into the wrong field ends up here. */
const MISTAKEN = ['s3.endpoint', 'catalogue.url_env', 'notify.webhook_url_env'];

export const RESTORE_FILE_RULES: FileRules = { shape: RESTORE_SHAPE, unshown: new Set([...SECRETS, ...MISTAKEN]) };

/** Whom the worker trusts, where it writes, and how much of the host it may use: its owner's, not the caller's. */
const OWNERS_SECTIONS = ['locations', 's3', 'catalogue', 'notify'];
const OWNERS_KEYS = ['max_concurrent_restores'];
const isOwners = (key: string): boolean =>
  OWNERS_KEYS.includes(key) || OWNERS_SECTIONS.includes(key.split('.', 1)[0] ?? '');

/** For the reference page, in the order of the file. */
export const restoreNotOverridable = (): string[] =>
  RESTORE_SHAPE.keys()
    .map((key) => key.path)
    .filter(isOwners);

export const RESTORE_OVERRIDE_RULES: OverrideRules = {
  shape: RESTORE_SHAPE,
  refusal: (key) => {
    if (SECRETS.includes(key)) return 'it is a secret, and overrides are stored in the workflow history';
    if (!isOwners(key)) return null;
    return 'it decides who is trusted or what the host may do, so it is taken from the file alone';
  },
};

type CatalogueKey = keyof RestoreFile['catalogue'];

/** Keys without a default, by the types that have them. */
const CATALOGUE_KEYS: readonly { key: CatalogueKey; types: readonly string[]; isRequired: boolean }[] = [
  { key: 'path', types: ['json'], isRequired: true },
  { key: 'url_env', types: ['postgres', 'mongodb'], isRequired: true },
  { key: 'schema', types: ['postgres'], isRequired: false },
  { key: 'table', types: ['postgres'], isRequired: true },
  { key: 'database', types: ['mongodb'], isRequired: false },
  { key: 'collection', types: ['mongodb'], isRequired: true },
];

const catalogueFaults = ({ catalogue }: RestoreFile): Problem[] =>
  CATALOGUE_KEYS.flatMap(({ key, types, isRequired }): Problem[] => {
    const isSet = catalogue[key] !== null;
    const belongs = types.includes(catalogue.type);
    if (isSet === belongs || (belongs && !isRequired)) return [];
    const known = types.map((type) => `"${type}"`).join(' and ');
    const text = isSet
      ? `catalogue.${key} goes with catalogue.type ${known} alone`
      : `catalogue.${key} is missing: catalogue.type "${catalogue.type}" needs it`;
    return [{ path: ['catalogue', key], text }];
  });

/** What is wrong between keys; asked once each key by itself is right. */
export const restoreCrossFaults = (file: RestoreFile): Problem[] => {
  const faults = [...credentialFaults('s3', file.s3), ...catalogueFaults(file)];
  // What a relative path starts at differs between a shell, a service and a container.
  if (!path.isAbsolute(file.locations.output)) {
    faults.push({ path: ['locations', 'output'], text: 'locations.output must be an absolute path' });
  }
  return faults;
};
