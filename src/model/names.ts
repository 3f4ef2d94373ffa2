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

/** Typed search attributes, all Keyword. `longhaul dev` and the worker register them. */
export const SEARCH_ATTRIBUTES = { job: 'LonghaulJob', project: 'LonghaulProject', stage: 'LonghaulStage' } as const;

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

export type JobName = keyof typeof WORKFLOWS;

export const isJobName = (value: unknown): value is JobName =>
  typeof value === 'string' && Object.hasOwn(WORKFLOWS, value);
