/** Rules of configs/load.json: the names of its keys, what lies between them, and what messages must not show. */
import { DATA_SET_NAME } from '../model/load-input';
import { LOAD_ENVIRONMENTS } from '../model/load-run';
import { credentialFaults } from './credentials';
import {
  columnSchema,
  dataSetSchema,
  environmentSchema,
  loadSchema,
  type DataSetFile,
  type LoadFile,
} from './load-schema';
import type { FileRules, Problem } from './problems';
import { ConfigShape, type ConfigKey } from './schema-keys';

const ENVIRONMENT_SHAPE = new ConfigShape(environmentSchema);
const DATA_SET_SHAPE = new ConfigShape(dataSetSchema);
const COLUMN_SHAPE = new ConfigShape(columnSchema);

/** The parts of a dotted path that are names and numbers of this very file, and what describes the rest. */
const PARTS: readonly (readonly [pattern: RegExp, shape: ConfigShape])[] = [
  [/^data_sets\..+\.columns\.\d+\.(?=[^.]*$)/, COLUMN_SHAPE],
  [/^data_sets\..+?\.(?=(csv\.)?[^.]*$)/, DATA_SET_SHAPE],
  [/^environments\.[^.]+\./, ENVIRONMENT_SHAPE],
];

class LoadShape extends ConfigShape {
  override keyAt(path: string): ConfigKey | undefined {
    const { shape, rest } = this.#part(path);
    return shape === undefined ? super.keyAt(path) : shape.keyAt(rest);
  }

  override nearestKey(path: string): string {
    const { shape, rest } = this.#part(path);
    return shape === undefined ? super.nearestKey(path) : shape.nearestKey(rest);
  }

  #part(path: string): { readonly shape: ConfigShape | undefined; readonly rest: string } {
    const found = PARTS.find(([pattern]) => pattern.test(path));
    return { shape: found?.[1], rest: found === undefined ? path : path.replace(found[0], '') };
  }
}

export const LOAD_SHAPE: ConfigShape = new LoadShape(loadSchema);

/** For the reference page: the keys of each part, in the order of the file. */
export const loadKeys = (): Readonly<Record<'file' | 'environment' | 'dataSet' | 'column', readonly ConfigKey[]>> => ({
  file: LOAD_SHAPE.keys().filter(({ path }) => path === 'control_prefix'),
  environment: ENVIRONMENT_SHAPE.keys(),
  dataSet: DATA_SET_SHAPE.keys(),
  column: COLUMN_SHAPE.keys(),
});

const SECRETS = ['access_key_id', 'secret_access_key', 'session_token'];
/** Not secret, but a password or URL pasted into the wrong field ends up here. */
const MISTAKEN = ['endpoint', 'staging_bucket'];
const UNSHOWN = LOAD_ENVIRONMENTS.flatMap((name) =>
  [...SECRETS, ...MISTAKEN].map((key) => `environments.${name}.${key}`),
);

/** @param dataSets names of the file: a connection string pasted into `connection_env` must not be shown either */
export const loadFileRules = (dataSets: readonly string[]): FileRules => ({
  shape: LOAD_SHAPE,
  unshown: new Set([...UNSHOWN, ...dataSets.map((name) => `data_sets.${name}.connection_env`)]),
});

const environmentFaults = ({ environments }: LoadFile): Problem[] =>
  LOAD_ENVIRONMENTS.flatMap((name, at) => {
    const faults = credentialFaults(`environments.${name}`, environments[name]).map(({ text }) => text);
    const { staging_bucket: bucket } = environments[name];
    const other = LOAD_ENVIRONMENTS.slice(0, at).find((one) => environments[one].staging_bucket === bucket);
    if (bucket !== null && other !== undefined)
      faults.push(`environments.${name}.staging_bucket is that of ${other} too: each environment needs its own`);
    return faults.map((text) => ({ path: ['environments', name], text }));
  });

const repeated = (names: readonly string[]): string | undefined => names.find((name, at) => names.indexOf(name) !== at);

/** Phrases after the name of the key; the key is given with them. */
function* dataSetFaults(set: DataSetFile): Generator<readonly [key: keyof DataSetFile, text: string]> {
  const names = set.columns.map(({ name }) => name);
  const twice = repeated(names);
  if (twice !== undefined) yield ['columns', `names the column "${twice}" twice`];
  const both = set.columns.find(({ from, constant }) => from !== null && constant !== undefined);
  if (both !== undefined) yield ['columns', `gives "${both.name}" both "from" and "constant": give one`];
  const sources = set.columns.filter(({ constant }) => constant === undefined).map(({ name, from }) => from ?? name);
  const shared = repeated(sources);
  if (shared !== undefined) yield ['columns', `takes two columns of the table from "${shared}"`];
  if (sources.length === 0) yield ['columns', 'takes no column from the files'];
  const dropped = set.drop.find((name) => sources.includes(name));
  if (dropped !== undefined) yield ['drop', `names "${dropped}", which "columns" loads`];
  const keyless = set.key.find((name) => !names.includes(name));
  if (keyless !== undefined) yield ['key', `names "${keyless}", which "columns" does not load`];
  const again = repeated(set.key);
  if (again !== undefined) yield ['key', `names "${again}" twice`];
  if (set.table.split('.').length > 2 || set.table.split('.').includes(''))
    yield ['table', 'must be "table" or "schema.table"'];
  const { delimiter, quote } = set.csv;
  if (delimiter === quote) yield ['csv', 'has the same character as delimiter and quote'];
}

/** What is wrong between keys; asked once each key by itself is right. */
export const loadCrossFaults = (file: LoadFile): Problem[] => [
  ...environmentFaults(file),
  ...Object.entries(file.data_sets).flatMap(([name, set]): Problem[] => {
    const path = ['data_sets', name];
    const own = DATA_SET_NAME.test(name)
      ? []
      : [{ path, text: `data_sets.${name} must be named by letters, digits, "_", "-" and ".", at most 63` }];
    const faults = [...dataSetFaults(set)].map(([key, text]) => ({
      path: [...path, key],
      text: `data_sets.${name}.${key} ${text}`,
    }));
    return [...own, ...faults];
  }),
];
