/**
 * What people write beside config files, as schemas for editors: the inputs of the workflows, the list of URLs to ingest, a catalogue in a
 * file. The rules that count are those of the code that reads them (src/model/*-input.ts and others); a test holds these against them.
 */
import { z } from 'zod';
import { EXPORT_TYPES } from '../model/export-run';
import { INGEST_LOG_LEVELS, INGEST_ON_ERROR, ON_COLLISION_MODES } from '../model/ingest-run';
import { MAX_DAYS } from '../model/janitor';
import { BUCKET_NAME, DATA_SET_NAME, MAX_PARALLELISM, MAX_REJECT_LIMIT, MAX_SAMPLE_ROWS } from '../model/load-input';
import { LOAD_ENVIRONMENTS, LOAD_TYPES } from '../model/load-run';
import { MAX_RAW_FILES } from '../model/restore-run';
import { MAX_WORKERS_LIMIT } from '../model/run';
import { bytesPerSec } from './pace-keys';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** RFC 9110 section 8.3.1; or `detect`, what the source declares. */
const CONTENT_TYPE = /^(detect|[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?)$/;

const runId = z
  .string()
  .regex(NAME)
  .optional()
  .describe('Names the run; repeated once it succeeded, it moves nothing.');
const day = (what: string) => z.string().regex(DAY).optional().describe(what);
const overrides = (example: string) =>
  z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .optional()
    .describe(`Overrides of settings that are not secret: ${example}.`);

const rate = bytesPerSec().optional().describe('Bytes per second that the run reads, over all workers.');

const dataset = z.string().min(1).optional().describe('The data set that it belongs to: a part of its key.');
const givenRecord = z.union([
  z.strictObject({
    url: z
      .string()
      .regex(/^https?:\/\/[^/]/)
      .describe('A file over HTTP.'),
    dataset,
  }),
  z.strictObject({
    prefix: z
      .string()
      .regex(/^s3:\/\/[^/]+/)
      .describe('All objects below s3://bucket/path.'),
    dataset,
  }),
]);

export const exportInputSchema = z.strictObject({
  project: z.string().regex(NAME).describe('A folder below configs/.'),
  export: z.enum(EXPORT_TYPES).optional().describe('What to ask the API for; vulnerability where absent.'),
  startDate: day('First day, of a remediation export alone.'),
  endDate: day('Last day, of a remediation export alone.'),
  records: z.array(givenRecord).max(20_000).optional().describe('Move these instead of asking the API.'),
  recordsUri: z
    .string()
    .regex(/^s3:\/\/[^/]+\/.+/)
    .optional()
    .describe('The same as records, as NDJSON in a bucket.'),
  set: overrides('{"aws.max_workers": 4}'),
  runId,
});

export const ingestInputSchema = z.strictObject({
  bucket: z.string().optional().describe('List and destination; BUCKET_NAME of the worker where absent.'),
  pathPrefix: z.string().optional().describe('First part of the keys.'),
  concurrency: z.int().min(1).max(MAX_WORKERS_LIMIT).optional().describe('Files at once.'),
  maxBytesPerSec: rate,
  s3PartMb: z.int().min(5).max(5_120).optional().describe('Size of a part in MiB.'),
  httpChunkKb: z.int().min(1).max(1_048_576).optional().describe('Size of a read in KiB.'),
  logLevel: z.enum(INGEST_LOG_LEVELS).optional().describe('What is logged.'),
  skipUnchanged: z.boolean().optional().describe('Leave out what its server says has not changed since the last run.'),
  onCollision: z.enum(ON_COLLISION_MODES).optional().describe('Where two URLs give one key.'),
  contentType: z.string().regex(CONTENT_TYPE).optional().describe('A media type, or detect: what the source declares.'),
  date: day('Day of the keys; that of the schedule, or of the start, where absent.'),
  files: z
    .array(z.string().min(1))
    .min(1)
    .max(5_000)
    .optional()
    .describe('Only these: names, keys or URLs of the list.'),
  onError: z.enum(INGEST_ON_ERROR).optional().describe('When a file fails: go on, or wait for retryFailed.'),
  failOnError: z.boolean().optional().describe('The run fails at its end where a file has failed.'),
  runId,
});

const rawFileId = z
  .string()
  .min(3)
  .regex(/^[^/\\]+$/)
  .describe('Id of a raw file in the catalogue.');
const ofEveryRestore = {
  include: z
    .array(z.string().min(1))
    .optional()
    .describe('Globs over the paths of file_info; every file where absent.'),
  runId,
  set: overrides('{"files_in_parallel": 2}'),
};

export const restoreInputSchema = z.union([
  z.strictObject({ raw_file_id: rawFileId, ...ofEveryRestore }),
  z.strictObject({
    raw_file_ids: z.array(rawFileId).min(1).max(MAX_RAW_FILES).describe('Several raw files.'),
    ...ofEveryRestore,
  }),
]);

const days = z.int().min(1).max(MAX_DAYS);
const janitorName = z.string().regex(NAME);

export const loadInputSchema = z.strictObject({
  load_type: z.enum(LOAD_TYPES).describe('full replaces all rows, delta upserts by the key, sample loads the first.'),
  data_set: z.string().regex(DATA_SET_NAME).describe('A data set of configs/load.json.'),
  path: z
    .string()
    .regex(/^s3:\/\/[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9](\/[^?]*)?$/)
    .describe('s3://bucket/prefix/ or s3://bucket/file.'),
  env: z.enum(LOAD_ENVIRONMENTS).optional().describe('Whose bucket and database; development where absent.'),
  s3_bucket: z.string().regex(BUCKET_NAME).optional().describe('Staging bucket, without s3://.'),
  sample_rows: z.int().min(1).max(MAX_SAMPLE_ROWS).optional().describe('Rows of a sample.'),
  reject_limit: z.int().min(0).max(MAX_REJECT_LIMIT).optional().describe('Bad rows set aside before the run fails.'),
  parallelism: z.int().min(1).max(MAX_PARALLELISM).optional().describe('Connections that copy at once.'),
  max_bytes_per_sec: rate,
  runId,
});

const janitorRules = {
  olderThanDays: days.optional().describe('What is younger is left alone; 7 where absent.'),
  retentionDays: days
    .optional()
    .describe('Files of runs older than this go too; not less than olderThanDays. Absent: kept.'),
  delete: z.boolean().optional().describe('true: delete what is found. Absent: a dry run.'),
};

/** One place. That retentionDays is not less than olderThanDays, a JSON Schema cannot say. */
export const janitorInputSchema = z.union([
  z.strictObject({ project: janitorName.describe('Exports of a folder below configs/.'), ...janitorRules }),
  z.strictObject({ bucket: janitorName.describe('Ingests into this bucket.'), ...janitorRules }),
  z.strictObject({
    data_set: janitorName.describe('Loads of this data set.'),
    env: z.enum(LOAD_ENVIRONMENTS).optional().describe('Whose staging bucket; development where absent.'),
    s3_bucket: janitorName.optional().describe('Staging bucket, without s3://.'),
    ...janitorRules,
  }),
  z.strictObject({
    gcs_bucket: janitorName.describe('Events to this bucket of Google Cloud Storage.'),
    ...janitorRules,
  }),
]);

const url = z
  .string()
  .regex(/^\s*[Hh][Tt][Tt][Pp][Ss]?:\/\/[^/]/)
  .describe('http or https.');

export const parametersSchema = z.strictObject({
  file_urls: z
    .array(
      z.union([
        url,
        z.strictObject({
          url,
          key: z.string().min(1).nullish().describe('The whole key of the object, with the path prefix.'),
          headers_env: z
            .string()
            .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)
            .nullish()
            .describe('Variable of the worker that holds headers as JSON.'),
          content_type: z.string().regex(CONTENT_TYPE).nullish().describe('A media type, or detect.'),
          sha256: z
            .string()
            .regex(/^[0-9a-fA-F]{64}$/)
            .nullish()
            .describe('What the file must have; compared before it is visible.'),
        }),
      ]),
    )
    .describe('The files, each a URL or an object with one.'),
});

const fileEntry = z.tuple([z.int().min(0), z.string().min(1)]).describe('[size in bytes, ETag]');
const catalogueRecord = z.looseObject({
  project_id: z.string().nullish().describe('The folder below locations.output.'),
  s3_upload_path: z.string().nullish().describe('bucket or bucket/prefix/, without s3://.'),
  file_info: z.record(z.string(), fileEntry).nullish().describe('By relative path.'),
});

export const catalogueSchema = z.union([
  z.array(catalogueRecord.extend({ _id: z.unknown().describe('Id of the raw file.') })).describe('A list of records.'),
  z.record(z.string(), catalogueRecord).describe('Records by the id of the raw file.'),
]);
