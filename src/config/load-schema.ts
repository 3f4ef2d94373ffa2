/**
 * The shape of configs/load.json. As project-schema.ts: every key is described here once, and the reference page, the JSON
 * Schema for editors and the messages derive from it. load.ts turns a valid file into LoadConfig.
 */
import { z } from 'zod';
import { BUCKET_NAME, MAX_PARALLELISM, MAX_REJECT_LIMIT, MAX_SAMPLE_ROWS } from '../model/load-input';
import { maxBytesPerSec } from './pace-keys';
import { optionalText, storeKeys, text, VARIABLE } from './store-keys';
import { prefixFault } from './value-rules';

/** Longest time a setting may be, in seconds: a week. It keeps a typing error from parking a run for years. */
const WEEK_SEC = 7 * 24 * 3600;
/** The engine's part buffers are of this size, so a larger chunk would only take more memory. */
const MAX_CHUNK_MB = 1024;

const seconds = () => z.number().min(0.1).max(WEEK_SEC);
const variable = () => z.string().regex(VARIABLE, 'must be the name of an environment variable');
const asciiCharacter = () => z.string().regex(/^[\t\x20-\x7e]$/, 'must be one ASCII character');

export const environmentSchema = z.strictObject({
  staging_bucket: z
    .string()
    .regex(BUCKET_NAME, 'must be a bucket name of 3 to 63 characters')
    .nullable()
    .default(null)
    .describe(
      'Where its runs stage, unless `s3_bucket` of the input or a variable says otherwise. No other environment may have it.',
    ),
  region: text().default('us-east-1').describe('AWS region of its buckets.'),
  ...storeKeys({ stores: ', for sources and staging' }),
});

export const columnSchema = z.strictObject({
  name: text().describe('Column of the table.'),
  from: optionalText().describe('Column of the files; null: the same name.'),
  type: optionalText().describe(
    'Type that the column must have, as Postgres calls it (`bigint`, `numeric`, `timestamptz`, `text[]`); null: any.',
  ),
  constant: z
    .string()
    .nullable()
    .optional()
    .describe('The same text in every row instead of a column of the files; null: NULL.'),
});

const csv = z.strictObject({
  delimiter: asciiCharacter().default(',').describe('Between two fields.'),
  quote: asciiCharacter().nullable().default('"').describe('Around a field; null: none.'),
  escape: asciiCharacter().default('"').describe('Before a quote in a quoted field; the quote itself in RFC 4180.'),
  header: z
    .boolean()
    .default(true)
    .describe('The first line names the columns. False: they come in the order of `columns`.'),
  null: z.string().default('').describe('An unquoted field with this text is NULL.'),
});

export const dataSetSchema = z.strictObject({
  table: text().describe(
    'The table: `schema.table`, or `table` as the search path finds it; as it is called, without quotes.',
  ),
  connection_env: z
    .union(
      [
        variable(),
        z.strictObject({
          development: variable().optional(),
          staging: variable().optional(),
          production: variable().optional(),
        }),
      ],
      'must be the name of an environment variable, or an object with one for development, staging or production',
    )
    .describe(
      'Name of the environment variable of the worker that holds the connection string; or one for each environment: ' +
        '`{"production": "PROD_DATABASE_URL"}`.',
    ),
  sslmode: z
    .enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full'])
    .nullable()
    .default(null)
    .describe(
      'How the connection is encrypted, as libpq means it; null: as the connection string says, else `prefer`.',
    ),
  iam: z
    .boolean()
    .default(false)
    .describe('Sign in to RDS or Aurora with a token of the worker’s AWS credentials instead of a password.'),
  columns: z
    .array(columnSchema)
    .min(1)
    .describe('What is loaded, and from where. Other columns of the table get their default.'),
  key: z
    .array(text())
    .default([])
    .describe('Columns that identify a row, with a unique index on exactly these; for `delta`.'),
  ledger_schema: optionalText().describe(
    'Schema of `longhaul_load_ledger` and of the tables that a load works in; null: that of the table.',
  ),
  drop: z.array(text()).default([]).describe('Columns of the files that are left out.'),
  extra_columns: z
    .enum(['refuse', 'drop'])
    .default('refuse')
    .describe('What becomes of columns of the files that neither `columns` nor `drop` names.'),
  format: z
    .enum(['auto', 'csv', 'ndjson', 'parquet'])
    .default('auto')
    .describe(
      'Of the files; `auto`: by extension (.csv, .tsv, .ndjson, .jsonl, .json, .parquet, all but the last also with .gz).',
    ),
  csv: csv.prefault({}).describe('The dialect of CSV files.'),
  allow_empty: z
    .boolean()
    .default(false)
    .describe('Let a load of type `full` or `sample` whose files hold no row empty the table. False: it fails.'),
  reject_limit: z
    .int()
    .min(0)
    .max(MAX_REJECT_LIMIT)
    .default(0)
    .describe('Bad rows of a run that are set aside in a file of rejects. 0: the first one fails the run.'),
  sample_rows: z.int().min(1).max(MAX_SAMPLE_ROWS).default(1000).describe('Rows of a load of type `sample`.'),
  parallelism: z
    .int()
    .min(1)
    .max(MAX_PARALLELISM)
    .default(4)
    .describe('Files at once, and connections at once of one worker to the database.'),
  max_bytes_per_sec: maxBytesPerSec('a load reads of its files, over all workers'),
  chunk_mb: z.number().min(0.01).max(MAX_CHUNK_MB).default(16).describe('About so much CSV is one COPY, in MiB.'),
  via: z
    .enum(['stream', 'aws_s3'])
    .default('stream')
    .describe('`stream`: the worker copies. `aws_s3`: RDS or Aurora reads the staged files itself by its extension.'),
  retry_for_sec: seconds()
    .default(900)
    .describe('How long a step that fails in a way that may pass is tried again since its last progress, in seconds.'),
  stall_timeout_sec: seconds()
    .default(30)
    .describe('Time without a byte after which a request to S3 is given up and repeated, in seconds.'),
  lock_wait_sec: seconds()
    .default(60)
    .describe('How long the end of a load waits for other transactions of the table, in seconds; then it tries again.'),
  statement_timeout_sec: seconds()
    .nullable()
    .default(null)
    .describe('Time limit of one COPY, and of the replacing or upserting statement, in seconds; null: none.'),
});

const environment = () => environmentSchema.prefault({});

export const loadSchema = z.strictObject({
  $schema: z.string().optional().describe('Where editors find the JSON Schema of this file; not used otherwise.'),
  control_prefix: z
    .string()
    .superRefine((value, context) => {
      const fault = value === '' ? 'must not be empty' : prefixFault(value);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault });
    })
    .default('_longhaul/load')
    .describe('Key prefix in the staging bucket of the runs’ own files: manifests, ledgers, rejects and reports.'),
  environments: z
    .strictObject({ development: environment(), staging: environment(), production: environment() })
    .prefault({})
    .describe('The three environments; `env` of the input names one, else it is `development`.'),
  data_sets: z.record(z.string(), dataSetSchema).describe('What can be loaded, by name.'),
});

/** A valid file with its defaults filled in, under the names and in the units of the file. */
export type LoadFile = z.output<typeof loadSchema>;
export type DataSetFile = z.output<typeof dataSetSchema>;
export type EnvironmentFile = z.output<typeof environmentSchema>;
