/**
 * The shape of configs/restore.json or restore.yaml. As project-schema.ts: every key is described here once, and the
 * reference page, the JSON Schema for editors and the messages derive from it. restore.ts turns a valid file into
 * RestoreConfig.
 */
import { z } from 'zod';
import { laneKeys, maxBytesPerSec } from './pace-keys';
import { optionalText, storeKeys, text, VARIABLE } from './store-keys';

/** Longest time a setting may be, in seconds: a month. It keeps a typing error from parking a run for years. */
const MONTH_SEC = 31 * 24 * 3600;
/** S3's limits of one part of a multipart upload, in MiB: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const PART_MIN_MB = 5;
const PART_MAX_MB = 5 * 1024;

const seconds = () => z.number().min(0.1).max(MONTH_SEC);
const variable = () =>
  z.string().regex(VARIABLE, 'must be the name of an environment variable').nullable().default(null);

const locations = z.strictObject({
  output: text().describe(
    'Folder that files are restored into: `<output>/<project_id>/<relative path>`. It must exist; it is never made, so ' +
      'that a disk that is not mounted is noticed.',
  ),
});

const s3 = z.strictObject({
  enabled: z.boolean().default(true).describe('False switches restoring off on this worker.'),
  region: text().default('eu-central-1').describe('AWS region of the buckets.'),
  ...storeKeys(),
});

const CATALOGUE_TYPES = ['json', 'postgres', 'mongodb'] as const;

const catalogue = z.strictObject({
  type: z.enum(CATALOGUE_TYPES).describe('What the catalogue is. It is only ever read.'),
  path: optionalText().describe(
    '`json`: the file. An object keyed by id, a list of records, or one record a line (NDJSON). A relative path starts at ' +
      'the folder of this file.',
  ),
  url_env: variable().describe(
    '`postgres`, `mongodb`: name of the environment variable of the worker that holds the connection string.',
  ),
  schema: optionalText().describe('`postgres`: schema of the table; null: as the search path finds it.'),
  table: optionalText().describe('`postgres`: the table, as it is called, without quotes.'),
  id_column: text().default('id').describe('`postgres`: the column that holds the raw file id.'),
  column: text().default('record').describe('`postgres`: the JSON column that holds the record.'),
  database: optionalText().describe('`mongodb`: the database; null: the one of the connection string.'),
  collection: optionalText().describe('`mongodb`: the collection.'),
  timeout_sec: seconds().default(30).describe('Time limit of one look into the catalogue, in seconds.'),
});

const notify = z.strictObject({
  webhook_url_env: variable().describe(
    'Name of the environment variable of the worker that holds the URL to POST each summary to; null: nobody is told.',
  ),
});

const thaw = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe(
      'Ask S3 to restore archived objects (Glacier, Deep Archive) and wait for them; needs s3:RestoreObject. False: an ' +
        'archived object is a file that failed.',
    ),
  tier: z
    .enum(['Standard', 'Bulk', 'Expedited'])
    .default('Standard')
    .describe('Retrieval tier: how fast, at which price. Deep Archive has no `Expedited`.'),
  days: z.int().min(1).max(365).default(3).describe('Days that the thawed copy stays readable.'),
  poll_interval_sec: seconds().default(900).describe('Time between two looks whether an object is thawed, in seconds.'),
});

export const restoreSchema = z.strictObject({
  $schema: z.string().optional().describe('Where editors find the JSON Schema of this file; not used otherwise.'),
  locations: locations.describe('Where files are restored to.'),
  s3: s3.prefault({}).describe('The store that files come from.'),
  catalogue: catalogue.describe('Where the records are: which files a raw file has, and where their backup is.'),
  chunk_size_mb: z
    .int()
    .min(1)
    .max(PART_MAX_MB)
    .default(500)
    .describe('Part size in MiB that backups were uploaded with: it decides how multipart ETags are checked.'),
  max_concurrent_restores: z
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('Raw files that one host restores at the same time; more of them wait.'),
  files_in_parallel: z.int().min(1).max(64).default(8).describe('Files of one raw file at the same time.'),
  part_size_mb: z
    .int()
    .min(PART_MIN_MB)
    .max(PART_MAX_MB)
    .default(8)
    .describe('Bytes of one ranged request in MiB; also what a crash costs, times the lanes.'),
  max_bytes_per_sec: maxBytesPerSec('the restore of one raw file reads'),
  ...laneKeys({ of: 'file', throttling: 'the store', lanes: 2 }),
  stall_timeout_sec: seconds()
    .default(30)
    .describe('Time without a byte after which a request is given up and repeated, in seconds.'),
  retry_for_sec: seconds()
    .default(900)
    .describe('How long a file that fails in a way that may pass is tried again since its last progress, in seconds.'),
  retries: z.int().min(0).max(100).default(2).describe('Times that a failed file is tried again after that.'),
  retry_interval_sec: seconds().default(300).describe('Time before each of these `retries`, in seconds.'),
  max_run_hours: z
    .number()
    .min(0.001)
    .max(31 * 24)
    .default(8)
    .describe('Time limit of a whole run, in hours. Thawing takes up to 48 hours (Deep Archive, `Bulk`).'),
  notify: notify.prefault({}).describe('Who is told when a run has ended.'),
  thaw: thaw.prefault({}).describe('What to do about archived objects.'),
});

/** A valid restore file with its defaults filled in, under the names and in the units of the file. */
export type RestoreFile = z.output<typeof restoreSchema>;
