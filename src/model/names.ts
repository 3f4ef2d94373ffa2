/** Names that users type or see: task queues, search attributes, message names. Pure. */

export const TASK_QUEUES = {
  /** Workflows. */
  workflows: 'longhaul',
  /** Short calls to export APIs, manifests, ledgers. */
  api: 'longhaul-api',
  /** Streams of bytes; slots follow from memory. */
  transfer: 'longhaul-transfer',
  /** Asked for a host with local disk; what follows goes to that host's own queue. */
  files: 'longhaul-files',
} as const;

/** Roles that serve a task queue. */
export type QueueRole = keyof typeof TASK_QUEUES;
/** `bridge` takes events from message queues and starts their transfers. */
export type Role = QueueRole | 'bridge';
export const ROLES: readonly Role[] = [...(Object.keys(TASK_QUEUES) as QueueRole[]), 'bridge'];

/** The queue of one host's local disk: the activities of a restore stay where its files are. */
export const filesQueue = (host: string): string => `${TASK_QUEUES.files}-${host}`;

/** Typed search attributes. `longhaul dev` and the worker register them. */
export const SEARCH_ATTRIBUTES = {
  job: 'LonghaulJob',
  project: 'LonghaulProject',
  stage: 'LonghaulStage',
  /** How many records have failed, when the stage last changed. */
  failed: 'LonghaulFailed',
} as const;
type SearchAttributeName = (typeof SEARCH_ATTRIBUTES)[keyof typeof SEARCH_ATTRIBUTES];

/** `type` as the `temporal` command writes it, `value` as the API does (temporal.api.enums.v1.IndexedValueType). */
export interface SearchAttributeType {
  readonly type: 'Keyword' | 'Int';
  readonly value: 2 | 3;
}

const KEYWORD: SearchAttributeType = { type: 'Keyword', value: 2 };
export const SEARCH_ATTRIBUTE_TYPES: Readonly<Record<SearchAttributeName, SearchAttributeType>> = {
  LonghaulJob: KEYWORD,
  LonghaulProject: KEYWORD,
  LonghaulStage: KEYWORD,
  LonghaulFailed: { type: 'Int', value: 3 },
};

/** All of them, as the servers' calls that add them take them. */
export const searchAttributeValues = (
  names: readonly SearchAttributeName[] = Object.values(SEARCH_ATTRIBUTES),
): Record<string, number> => Object.fromEntries(names.map((name) => [name, SEARCH_ATTRIBUTE_TYPES[name].value]));

/** Object metadata that marks an object as written by one transfer (x-amz-meta-…). */
export const TRANSFER_ID_METADATA = 'longhaul-transfer-id';

/** The jobs, by the workflow names that users type. */
export const WORKFLOWS = {
  exportToS3: 'exportToS3',
  ingestUrls: 'ingestUrls',
  loadToPostgres: 'loadToPostgres',
  restoreFiles: 'restoreFiles',
  transferEvent: 'transferEvent',
} as const;

/** Not a job: `longhaul load --clean-staging` runs it. */
export const CLEAN_STAGING_WORKFLOW = 'cleanLoadStaging';

/** No job either: `longhaul janitor` and its schedules run it. */
export const JANITOR_WORKFLOW = 'cleanUp';

export type JobName = keyof typeof WORKFLOWS;

export const isJobName = (value: unknown): value is JobName =>
  typeof value === 'string' && Object.hasOwn(WORKFLOWS, value);
