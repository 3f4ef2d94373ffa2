/** What the sample API has seen, for assertions about requests and bytes. Plain JSON. */

export const API_OPERATIONS = ['check', 'create', 'poll', 'other'] as const;
export type ApiOperation = (typeof API_OPERATIONS)[number];

export interface FileStats {
  requests: number;
  /** Body bytes handed to the kernel, faults and cut bodies included. */
  bytes: number;
  /** Answers by HTTP status. */
  statuses: Record<string, number>;
}

export interface Stats {
  operations: Record<ApiOperation, number>;
  /** By URL path without its query. */
  files: Record<string, FileStats>;
  /** Exports that were created, lost answers included. */
  exportsCreated: number;
  apiKeySeenAtFileHost: boolean;
}

export const emptyStats = (): Stats => ({
  operations: { check: 0, create: 0, poll: 0, other: 0 },
  files: {},
  exportsCreated: 0,
  apiKeySeenAtFileHost: false,
});

export const fileStats = (stats: Stats, path: string): FileStats =>
  (stats.files[path] ??= { requests: 0, bytes: 0, statuses: {} });
