/** The body of `longhaul ingest`. */
import { childEnv } from '../../../config/environment';
import { INGEST_NAMES } from '../../../model/ingest-input';
import type { IngestInput, IngestOnError, OnCollision } from '../../../model/ingest-run';
import { ingestJob } from '../job/ingest';
import type { Output } from '../print/output';
import { runJob, type StartOptions } from '../follow/run-job';
import { runIngestPlan, type SupposeOptions } from './plan';

export interface IngestOptions extends StartOptions, SupposeOptions {
  readonly plan?: boolean;
  readonly bucket?: string;
  readonly pathPrefix?: string;
  readonly concurrency?: number;
  readonly partMb?: number;
  readonly date?: string;
  readonly file?: readonly string[];
  readonly skipUnchanged?: boolean;
  readonly onCollision?: OnCollision;
  readonly onError?: IngestOnError;
  readonly failOnError?: boolean;
}

/** Who has set BUCKET_NAME in this shell means that bucket; without it the worker's own variable decides. */
const bucketHere = (): string | undefined => childEnv()[INGEST_NAMES.bucket]?.trim() || undefined;

export const inputOf = (options: Omit<IngestOptions, keyof SupposeOptions>, bucket: string | undefined): IngestInput =>
  Object.fromEntries(
    Object.entries({
      bucket,
      pathPrefix: options.pathPrefix,
      concurrency: options.concurrency,
      s3PartMb: options.partMb,
      date: options.date,
      files: options.file,
      skipUnchanged: options.skipUnchanged,
      onCollision: options.onCollision,
      onError: options.onError,
      failOnError: options.failOnError,
      runId: options.runId,
    } satisfies { [K in keyof IngestInput]: IngestInput[K] | undefined }).filter(([, value]) => value !== undefined),
  );

/** Throws what keeps the run from starting, or the run's own failure. */
export const runIngest = (output: Output, options: IngestOptions): Promise<void> => {
  const input = inputOf(options, options.bucket ?? bucketHere());
  return options.plan === true ? runIngestPlan(output, input, options) : runJob(output, ingestJob, input, options);
};
