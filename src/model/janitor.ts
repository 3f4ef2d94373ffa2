/** `cleanUp`, the janitor: its input and result, as both sides of Temporal and the CLI see them. Pure. */
import { LOAD_ENVIRONMENTS, type LoadEnvironment } from './load-run';

/** Begun longer ago than this: it belongs to nobody who is still at work. */
export const DEFAULT_OLDER_THAN_DAYS = 7;
/** What `--retention-days` means without a number. */
export const DEFAULT_RETENTION_DAYS = 90;
export const MAX_DAYS = 3_650;
export const DAY_MS = 86_400_000;

/** Where to tidy up: exactly one of the first four. */
export interface JanitorPlace {
  /** exportToS3: a folder below configs/. */
  readonly project?: string;
  /** ingestUrls: a bucket. */
  readonly bucket?: string;
  /** loadToPostgres: a data set; its staging bucket is looked at. */
  readonly data_set?: string;
  /** transferEvent: a bucket in Google Cloud Storage. */
  readonly gcs_bucket?: string;
  /** With `data_set`. */
  readonly env?: LoadEnvironment;
  readonly s3_bucket?: string;
}

/** The one argument of `cleanUp`. */
export interface JanitorInput extends JanitorPlace {
  /** Default 7. */
  readonly olderThanDays?: number;
  /** Absent: files of runs are kept for ever. */
  readonly retentionDays?: number;
  /** Absent or false: nothing is deleted. */
  readonly delete?: boolean;
}

/** The input with its defaults. */
export interface JanitorOrder {
  readonly place: JanitorPlace;
  readonly olderThanDays: number;
  readonly retentionDays: number | null;
  readonly delete: boolean;
}

/**
 * `upload`: a multipart upload. `staged`: the lists of uploads of a run that never came to remove them. `run`: manifest,
 * ledger and reports of a run. `staging`: a staging folder of a load. `temporary`: an object or upload below `.longhaul-tmp/`.
 */
export const FINDING_KINDS = ['upload', 'staged', 'run', 'staging', 'temporary'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Why something stays, with what people read. */
export const KEPT_REASONS = {
  young: 'younger than the limit',
  runOpen: 'of a run that still goes on',
  notNamed: 'no run that has ended names it',
  otherUpload: 'its run has begun another upload under this key',
  runUnknown: 'of a run whose state cannot be told',
  namedBySuccess: '_SUCCESS names its run',
  hasUploads: 'uploads that it may name are still open',
} as const;
export type KeptReason = keyof typeof KEPT_REASONS;

export interface Finding {
  readonly kind: FindingKind;
  /** `s3://bucket/key`; a folder ends in `/`. */
  readonly what: string;
  /** Begun, or last written; ISO 8601 UTC. */
  readonly since: string;
  /** Whose it is. */
  readonly run?: string;
  /** `found`: would be deleted. `failed`: could not be. */
  readonly fate: 'found' | 'deleted' | 'kept' | 'failed';
  /** Of what is kept. */
  readonly reason?: KeptReason;
  /** Of what is kept or failed, as a clause. */
  readonly why?: string;
}

export interface KindCounts {
  /** That may be deleted, those that were deleted among them. */
  readonly found: number;
  readonly deleted: number;
  readonly failed: number;
}

export interface JanitorCounts {
  readonly kinds: Readonly<Record<FindingKind, KindCounts>>;
  readonly kept: Readonly<Record<KeptReason, number>>;
  /** Looked at. */
  readonly uploads: number;
  readonly runs: number;
  /** Objects that were deleted. */
  readonly objects: number;
}

/** What one activity has seen to. */
export interface Swept {
  readonly counts: JanitorCounts;
  /** A few of each page: the log has all. */
  readonly findings: readonly Finding[];
  /** The bucket keeps what is deleted as an old version. */
  readonly isVersioned: boolean;
}

export interface JanitorResult extends JanitorCounts {
  /** `s3://bucket/prefix/`, `gs://bucket/`. */
  readonly place: string;
  readonly delete: boolean;
  readonly olderThanDays: number;
  readonly retentionDays: number | null;
  readonly isVersioned: boolean;
  /** At most 200, what was or may be deleted first. */
  readonly findings: readonly Finding[];
  readonly moreFindings: number;
}

export const noCounts = (): JanitorCounts => ({
  kinds: Object.fromEntries(FINDING_KINDS.map((kind) => [kind, { found: 0, deleted: 0, failed: 0 }])) as Record<
    FindingKind,
    KindCounts
  >,
  kept: Object.fromEntries(Object.keys(KEPT_REASONS).map((reason) => [reason, 0])) as Record<KeptReason, number>,
  uploads: 0,
  runs: 0,
  objects: 0,
});

export const addCounts = (a: JanitorCounts, b: JanitorCounts): JanitorCounts => {
  const kinds = FINDING_KINDS.map((kind) => {
    const [one, other] = [a.kinds[kind], b.kinds[kind]];
    const { found, deleted, failed } = other;
    return [kind, { found: one.found + found, deleted: one.deleted + deleted, failed: one.failed + failed }] as const;
  });
  const reasons = Object.keys(KEPT_REASONS) as KeptReason[];
  return {
    kinds: Object.fromEntries(kinds) as Record<FindingKind, KindCounts>,
    kept: Object.fromEntries(reasons.map((reason) => [reason, a.kept[reason] + b.kept[reason]])) as Record<
      KeptReason,
      number
    >,
    uploads: a.uploads + b.uploads,
    runs: a.runs + b.runs,
    objects: a.objects + b.objects,
  };
};

/** The counts with one finding more. */
export const countFinding = (counts: JanitorCounts, { kind, fate, reason }: Finding): JanitorCounts => {
  if (fate === 'kept') {
    const name = reason ?? 'runUnknown';
    return { ...counts, kept: { ...counts.kept, [name]: counts.kept[name] + 1 } };
  }
  const { found, deleted, failed } = counts.kinds[kind];
  const one = {
    found: found + 1,
    deleted: deleted + (fate === 'deleted' ? 1 : 0),
    failed: failed + (fate === 'failed' ? 1 : 0),
  };
  return { ...counts, kinds: { ...counts.kinds, [kind]: one } };
};

/** How many could not be deleted. */
export const failedOf = ({ kinds }: JanitorCounts): number =>
  FINDING_KINDS.reduce((sum, kind) => sum + kinds[kind].failed, 0);

const PLACES = ['project', 'bucket', 'data_set', 'gcs_bucket'] as const;
const FIELDS = [...PLACES, 'env', 's3_bucket', 'olderThanDays', 'retentionDays', 'delete'];
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const isDays = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_DAYS;

/** The input checked, or a sentence that names the field and the fix, without a full stop. */
export function checkJanitorInput(input: unknown): { readonly input: JanitorInput } | { readonly problem: string } {
  const problem = problemOf(input);
  return problem === null ? { input: input as JanitorInput } : { problem };
}

function problemOf(input: unknown): string | null {
  const example = 'for example {"project":"project_01"}';
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return `The input must be one JSON object, ${example}`;
  const given = input as Record<string, unknown>;
  const unknown = Object.keys(given).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) return `Unknown input field "${unknown}"; known are ${FIELDS.join(', ')}`;
  const places = PLACES.filter((field) => given[field] !== undefined);
  if (places.length !== 1) return `The input must name one place: ${PLACES.join(', ')}; ${example}`;
  for (const field of [...PLACES, 's3_bucket'] as const) {
    const value = given[field];
    if (value !== undefined && (typeof value !== 'string' || !NAME.test(value)))
      return `Input field "${field}" must be a name of letters, digits, ".", "_" and "-"`;
  }
  const { env, s3_bucket: staging, olderThanDays, retentionDays } = given;
  if (given['data_set'] === undefined && (env !== undefined || staging !== undefined))
    return 'Input fields "env" and "s3_bucket" go with "data_set"';
  if (env !== undefined && !LOAD_ENVIRONMENTS.some((name) => name === env))
    return `Input field "env" must be one of ${LOAD_ENVIRONMENTS.join(', ')}`;
  if (olderThanDays !== undefined && !isDays(olderThanDays))
    return `Input field "olderThanDays" must be a whole number from 1 to ${MAX_DAYS}`;
  if (retentionDays !== undefined && !isDays(retentionDays))
    return `Input field "retentionDays" must be a whole number from 1 to ${MAX_DAYS}`;
  const limit = typeof olderThanDays === 'number' ? olderThanDays : DEFAULT_OLDER_THAN_DAYS;
  // The files of a run are what its uploads are known by.
  if (typeof retentionDays === 'number' && retentionDays < limit)
    return `Input field "retentionDays" must not be less than "olderThanDays" (${limit})`;
  if (given['delete'] !== undefined && typeof given['delete'] !== 'boolean')
    return 'Input field "delete" must be true or false';
  return null;
}

export function janitorOrder(input: JanitorInput): JanitorOrder {
  const { olderThanDays, retentionDays, delete: isDelete, ...place } = input;
  return {
    place,
    olderThanDays: olderThanDays ?? DEFAULT_OLDER_THAN_DAYS,
    retentionDays: retentionDays ?? null,
    delete: isDelete ?? false,
  };
}

/** As people write it: `project_01`, `s3://bucket`, `load:entity`, `gs://bucket`. */
export function placeText({ project, bucket, data_set: dataSet, gcs_bucket: gcs }: JanitorPlace): string {
  if (bucket !== undefined) return `s3://${bucket}`;
  if (dataSet !== undefined) return `load:${dataSet}`;
  return gcs === undefined ? (project ?? '') : `gs://${gcs}`;
}
