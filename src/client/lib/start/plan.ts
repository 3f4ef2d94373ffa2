/** The body of `longhaul plan` and `longhaul ingest --plan`: what a run would move, take and cost. Moves and writes nothing. */
import { keyRecords, type FoundRecord } from '../../../activities/lib/manifest/export-records';
import { ParametersBook } from '../../../activities/lib/kept/parameters-book';
import { loadIngestConfig } from '../../../config/ingest';
import { loadProject } from '../../../config/project';
import type { JobConfig, ProjectConfig } from '../../../config/types';
import { planIngest } from '../../../ingest';
import { LonghaulError } from '../../../model/errors';
import { ingestDay, ingestOverrides, type IngestInput } from '../../../model/ingest-run';
import { createS3Client, createS3Destination, type S3Destination } from '../../../transfer';
import { exportRequest } from '../../../workflows/lib/job/validate-input';
import { exportJob } from '../job/export';
import { ingestJob } from '../job/ingest';
import type { Output } from '../print/output';
import { assumptionsOf } from '../plan/assumptions';
import { findPlanned } from '../plan/export';
import { messageOf, type Found } from '../plan/message';
import { measurePrefixes, measureUrls, type AskedUrl, type SizesReport } from '../plan/sizes';
import { planText } from '../plan/text';
import { givenRecords, inputOf, type ExportOptions } from './export';

export interface SupposeOptions {
  /** URLs whose size is asked for. */
  readonly sample: number;
  readonly assume?: readonly string[];
  readonly assumptions?: string;
}

export interface PlanOptions
  extends SupposeOptions, Pick<ExportOptions, 'type' | 'startDate' | 'endDate' | 'records' | 'set'> {
  readonly exportId?: string;
}

/** For keys that hold the run's id, which is not known yet. */
const PLANNED_RUN = 'planned-run';
const READ_TIMEOUT_MS = 60_000;

const keysOf = (found: readonly FoundRecord[], { aws }: ProjectConfig, exportId: string | null): string[] => {
  const { targetPrefix, controlPrefix, keyTemplate: template } = aws;
  return keyRecords(found, { targetPrefix, controlPrefix, template, run: PLANNED_RUN, exportId }).map(({ key }) => key);
};

const noteProblems = (output: Output, { unknown, asked, firstProblem }: SizesReport): void => {
  if (unknown === 0) return;
  const why = firstProblem === undefined ? 'no length declared' : `${firstProblem.message} [${firstProblem.code}]`;
  output.note(
    `warning: ${unknown} of ${asked} URLs did not tell their size; bytes and time are too low. The first: ${why}`,
  );
};

/** Finds with the clients of these settings, prints the plan, and closes the clients whatever happens. */
const plan = async (
  output: Output,
  config: JobConfig,
  { assume, assumptions: file }: SupposeOptions,
  find: (destination: S3Destination) => Promise<Omit<Found, 'config'>>,
): Promise<void> => {
  const assumptions = await assumptionsOf(assume, file);
  const client = createS3Client(config.aws);
  try {
    const found = await find(createS3Destination({ client, bucket: config.aws.targetBucket }));
    noteProblems(output, found.sizes);
    output.data(messageOf({ ...found, config }, assumptions), planText);
  } finally {
    client.destroy();
  }
};

/** Throws what keeps a run from being planned: Config…, Api…, Export…, Source…, InvalidInput. */
export const runPlan = async (output: Output, project: string, options: PlanOptions): Promise<void> => {
  const input = inputOf(project, options);
  exportJob.check(input);
  const records = await givenRecords(options, output);
  const { exportId: givenId } = options;
  if (records !== undefined && givenId !== undefined) {
    throw new LonghaulError('InvalidInput', '--records asks no API: --export-id does not go with it.');
  }
  const config = loadProject(project, { set: options.set });
  await plan(output, config, options, async (destination) => {
    const source = {
      request: records === undefined ? exportRequest(input) : null,
      ...(records === undefined ? {} : { records }),
      ...(givenId === undefined ? {} : { exportId: givenId }),
    };
    const { exportId, polls, found } = await findPlanned(config, destination, source, output);
    const keys = keysOf(found, config, exportId);
    const urls = found.flatMap(({ url }): AskedUrl[] => (url === null ? [] : [{ url }]));
    const { workload, sizes } = await measureUrls(urls, options.sample, config);
    const prefixes = found.filter(({ unkeyed }) => unkeyed.kind === 'prefix').map(({ unkeyed }) => unkeyed.source);
    await measurePrefixes(workload, prefixes, config, destination.client);
    return { job: 'exportToS3', exportId, polls, keys, workload, sizes };
  });
};

/** The same for `ingestUrls`, with the settings that the environment here gives a worker. Throws Parameters… besides. */
export const runIngestPlan = async (output: Output, given: IngestInput, options: SupposeOptions): Promise<void> => {
  const input = ingestJob.check(given);
  const config = loadIngestConfig({ bucket: input.bucket, set: ingestOverrides(input) });
  await plan(output, config, options, async (destination) => {
    const signal = AbortSignal.timeout(READ_TIMEOUT_MS);
    const { etag, entries } = await new ParametersBook().read({ config, destination }, signal);
    const now = new Date();
    const records = planIngest(entries, {
      pathPrefix: config.aws.targetPrefix,
      day: ingestDay(input.date, undefined, now),
      fileNames: config.ingest.fileNames,
      contentType: config.ingest.contentType,
      onCollision: config.ingest.onCollision,
      ingestionTime: now,
      etag,
      files: input.files,
    });
    const byDisplay = new Map(entries.map((entry) => [entry.url.display, entry]));
    const urls = records.flatMap(({ source }): AskedUrl[] => {
      const entry = byDisplay.get(source);
      if (entry === undefined) return [];
      return [{ url: entry.url, ...(entry.headersEnv === undefined ? {} : { headersEnv: entry.headersEnv }) }];
    });
    const { workload, sizes } = await measureUrls(urls, options.sample, config, config.ingest.headerVariables);
    return { job: 'ingestUrls', exportId: null, polls: 0, keys: records.map(({ key }) => key), workload, sizes };
  });
};
