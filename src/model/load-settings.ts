/** `loadToPostgres`: the settings of one run, as its history holds them. Pure. */
import type { LoadOfRecord, LoadPlace } from './job-settings';
import type { RunSettings } from './run';

/** Who may be asked whether a staging folder is still in use. */
export interface LoadOwner {
  readonly workflowId: string;
  /** Of the first execution: the same over continue-as-new. */
  readonly temporalRunId: string;
}

export interface LoadSettings extends RunSettings {
  readonly load: LoadOfRecord;
  readonly place: LoadPlace;
  /** `s3://bucket/prefix/`, as the input has it. */
  readonly path: string;
  /** Of the table: where the load works too. */
  readonly schema: string;
  readonly owner: LoadOwner;
}

/** Workflow id of the hold: one load of a table at a time. */
export const loadHoldId = ({ database, table }: LoadPlace): string => `longhaul-load/${database}/${table}`;
