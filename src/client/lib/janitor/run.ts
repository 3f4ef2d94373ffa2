/** The body of `longhaul janitor`: a short run on a worker, which has the bucket's credentials. */
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { LonghaulError } from '../../../model/errors';
import {
  FINDING_KINDS,
  KEPT_REASONS,
  type Finding,
  type FindingKind,
  type JanitorInput,
  type JanitorPlace,
  type JanitorResult,
  type KeptReason,
} from '../../../model/janitor';
import type { LoadEnvironment } from '../../../model/load-run';
import { TASK_QUEUES } from '../../../model/names';
import { summaryText } from '../../../model/summary';
import { withTemporal } from '../connection';
import { compactTime, formatCount, plural } from '../print/format';
import { janitorJob } from './job';
import type { Output } from '../print/output';

export interface JanitorOptions {
  readonly olderThanDays: number;
  readonly retentionDays?: number | string;
  readonly delete?: boolean;
  readonly env?: LoadEnvironment;
  readonly s3Bucket?: string;
  readonly detach?: boolean;
}

type JanitorWorkflow = (input: JanitorInput) => Promise<JanitorResult>;

/** `project_01`, `s3://bucket`, `gs://bucket` or `load:entity`. Throws InvalidInput. */
export function parsePlace(text: string): JanitorPlace {
  const [, scheme, name = ''] = /^(s3:\/\/|gs:\/\/|load:)(.*?)\/?$/.exec(text) ?? [];
  if (scheme !== undefined && name.includes('/'))
    throw new LonghaulError(
      'InvalidInput',
      `place: expected a bucket without a prefix, such as ${scheme}${name.split('/')[0] ?? ''}, got "${text.slice(0, 80)}": the configuration says which prefixes are Longhaul’s.`,
    );
  switch (scheme) {
    case 's3://':
      return { bucket: name };
    case 'gs://':
      return { gcs_bucket: name };
    case 'load:':
      return { data_set: name };
    default:
      return { project: text };
  }
}

/** The workflow's input, checked as it would check it. Throws InvalidInput. */
export const inputOf = (place: string, options: JanitorOptions): JanitorInput => {
  const { olderThanDays, retentionDays, env, s3Bucket, delete: isDelete } = options;
  return janitorJob.check({
    ...parsePlace(place),
    olderThanDays,
    ...(retentionDays === undefined ? {} : { retentionDays: Number(retentionDays) }),
    ...(isDelete === true ? { delete: true } : {}),
    ...(env === undefined ? {} : { env }),
    ...(s3Bucket === undefined ? {} : { s3_bucket: s3Bucket }),
  });
};

const NOUNS: Readonly<Record<FindingKind, string>> = {
  upload: 'orphaned upload',
  staged: 'list of uploads',
  run: 'expired run',
  staging: 'staging folder',
  temporary: 'temporary',
};
const nounOf = (kind: FindingKind, count: number): string =>
  kind === 'staged'
    ? `${formatCount(count)} run${count === 1 ? '' : 's'} with a list of uploads`
    : plural(count, NOUNS[kind]);

const WORDS = { found: 'would go', deleted: 'deleted', kept: 'stays', failed: 'failed' } as const;

const findingLine = ({ fate, kind, what, since, run, why }: Finding): string => {
  const of = run === undefined ? '' : `, of ${run}`;
  return `  ${WORDS[fate].padEnd(8)} ${kind.padEnd(9)} ${what} (${since.slice(0, 10)}${of})${why === undefined ? '' : `: ${why}`}`;
};

/** For people. */
export const janitorText = (result: JanitorResult): string => {
  const { kinds, kept, delete: isDelete, findings, moreFindings, objects } = result;
  const found = FINDING_KINDS.filter((kind) => kinds[kind].found > 0);
  const reasons = (Object.keys(KEPT_REASONS) as KeptReason[]).filter((reason) => kept[reason] > 0);
  const retention = result.retentionDays === null ? '' : `, files of runs after ${result.retentionDays} days`;
  return [
    `place      ${result.place}, what is older than ${plural(result.olderThanDays, 'day')}${retention}`,
    `looked at  ${plural(result.uploads, 'open upload')}, ${plural(result.runs, 'run')}`,
    ...(found.length === 0 ? [`found      nothing to delete`] : []),
    ...found.map((kind) => {
      const { found: count, deleted, failed } = kinds[kind];
      const done = isDelete ? `: ${formatCount(deleted)} deleted` : '';
      return `found      ${nounOf(kind, count)}${done}${failed === 0 ? '' : `, ${formatCount(failed)} failed`}`;
    }),
    ...reasons.map((reason) => `stays      ${formatCount(kept[reason])} ${KEPT_REASONS[reason]}`),
    ...findings.map(findingLine),
    ...(moreFindings > 0 ? [`  and ${formatCount(moreFindings)} more: the worker’s log has all`] : []),
    ...(objects > 0 ? [`objects    ${formatCount(objects)} deleted`] : []),
    ...(result.isVersioned ? ['versions   the bucket keeps what was deleted as old versions'] : []),
    ...(!isDelete && found.length > 0 ? ['Nothing was deleted: that was a dry run. Delete with: --delete'] : []),
  ].join('\n');
};

/** What the janitor tells of a run that could not delete everything. */
export const resultIn = (error: unknown): JanitorResult | undefined => {
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure)) return undefined;
  const [details] = (cause.details ?? []) as ({ readonly janitor?: JanitorResult } | undefined)[];
  return details?.janitor;
};

/** Throws what keeps the worker from looking; CleanupIncomplete after the result, where something could not be deleted. */
export const runJanitor = async (output: Output, place: string, options: JanitorOptions): Promise<void> => {
  const input = inputOf(place, options);
  await withTemporal(async ({ client }) => {
    const handle = await client.workflow.start<JanitorWorkflow>(janitorJob.workflow, {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: `janitor-${place.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/-$/, '')}-${compactTime(new Date())}`,
      args: [input],
      staticSummary: summaryText(janitorJob.summary(input)),
    });
    const { workflowId } = handle;
    if (options.detach === true) {
      output.data({ workflowId }, () => workflowId);
      output.note(`Started. See its result with: longhaul status ${workflowId}`);
      return;
    }
    output.note(`Started ${workflowId}.`);
    try {
      const result = await handle.result();
      output.data({ workflowId, ...result }, janitorText);
    } catch (error) {
      const result = resultIn(error);
      if (result !== undefined) output.data({ workflowId, ...result }, janitorText);
      throw error;
    }
  });
};
