/** Names that users type or see: task queues, search attributes, message names. Pure. */

export const TASK_QUEUES = {
  /** Workflows. */
  workflows: 'longhaul',
  /** Short calls to export APIs, manifests, ledgers. */
  api: 'longhaul-api',
  /** Streams of bytes; slots follow from memory. */
  transfer: 'longhaul-transfer',
} as const;

export type Role = keyof typeof TASK_QUEUES;
export const ROLES = Object.keys(TASK_QUEUES) as Role[];

/** Typed search attributes, all Keyword. `longhaul dev` and the worker register them. */
export const SEARCH_ATTRIBUTES = { job: 'LonghaulJob', project: 'LonghaulProject', stage: 'LonghaulStage' } as const;

/** Object metadata that marks an object as written by one transfer (x-amz-meta-…). */
export const TRANSFER_ID_METADATA = 'longhaul-transfer-id';

export const WORKFLOWS = { exportToS3: 'exportToS3' } as const;
