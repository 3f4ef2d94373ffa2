/**
 * The shape of configs/<project>/config.json. The keys of `api_`, `aws` and `logging` in the sample are fixed: files of
 * that shape exist and must load unchanged. Every key is described here once: the reference page, the JSON Schema for
 * editors, the unknown-key hints and the coercion of overrides all derive from it. No transforms, so that it can be
 * written as JSON Schema; project.ts turns a valid file into ProjectConfig.
 */
import { z } from 'zod';
import { FAIRNESS_WEIGHT_RANGE, PRIORITY_RANGE } from '../model/fairness';
import { MAX_WORKERS_LIMIT, ON_ERROR_MODES, PUBLISH_MODES } from '../model/run';
import { PROVIDER_NAMES, PROVIDER_SECTIONS } from './provider-schemas';
import { laneKeys, maxBytesPerSec } from './pace-keys';
import { isAllowedHost, isHttpUrl, keyTemplateFault, prefixFault } from './value-rules';

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;

/** S3 takes CopyObject up to 5 GB: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
const COPY_OBJECT_LIMIT_MB = Math.floor(5e9 / 1024 ** 2);
/** S3's limits of one part, in MiB: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const PART_MIN_MB = 5;
const PART_MAX_MB = 5 * 1024;
/** Longest time a setting may be: a week, in seconds. It keeps a typing error from parking a run for years. */
const WEEK_SEC = 7 * 24 * 3600;

const seconds = () => z.number().min(0.1).max(WEEK_SEC);
const text = () => z.string().min(1);
const httpUrl = () =>
  text().refine(isHttpUrl, 'must be an absolute http or https URL without user name, query or fragment');
const keyPrefix = () =>
  z.string().superRefine((value, context) => {
    const fault = prefixFault(value);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  });

const TOLERATED = 'must be a number of records, or a percentage such as "5%"';

const api = z.strictObject({
  provider: z
    .enum(PROVIDER_NAMES)
    .default('rapid7')
    .describe(
      'Which export API this is, or where else the list of files comes from. Some have a section of their own.',
    ),
  endpoint: httpUrl()
    .nullable()
    .default(null)
    .describe(
      'URL of the export API, for the region of the account. `rapid7`: the GraphQL endpoint. ' +
        '`snyk`: the REST API, `https://api.snyk.io/rest`. `shopify`: `https://<shop>.myshopify.com/admin/api/<version>/graphql.json`. ' +
        '`url-list`: a JSON document with the list. `s3-prefix`: not used.',
    ),
  api_key: z
    .string()
    .nullable()
    .default(null)
    .describe('The API key itself. Wins over `api_key_env`; prefer `api_key_env`, so that the file holds no secret.'),
  api_key_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')
    .nullable()
    .default(null)
    .describe('Name of the environment variable of the worker that holds the API key.'),
  organization_id: text().nullable().default(null).describe('Organization to act for, where the key sees several.'),
  poll_interval_sec: seconds().default(30).describe('Time between two looks at the status of the export, in seconds.'),
  export_timeout_sec: seconds()
    .default(3600)
    .describe('How long the export may take at the vendor before the run fails with ExportTimeout, in seconds.'),
  http_timeout_sec: seconds().default(60).describe('Time limit of one call to the export API, in seconds.'),
});

const aws = z.strictObject({
  target_bucket: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/, 'must be a bucket name of 3 to 63 characters')
    .describe('Bucket that the export lands in.'),
  target_prefix: keyPrefix().describe(
    'Key prefix in the bucket. Slashes at either end do not count; empty means the top of the bucket.',
  ),
  region: text()
    .nullable()
    .default(null)
    .describe('AWS region of the bucket. Null: AWS_REGION or AWS_DEFAULT_REGION of the worker, else `us-east-1`.'),
  profile: text()
    .nullable()
    .default(null)
    .describe('Profile of the shared AWS files. Used where no explicit keys are given; null: the default chain.'),
  access_key_id: text().nullable().default(null).describe('Access key id; needs `secret_access_key` too.'),
  secret_access_key: text().nullable().default(null).describe('Secret access key; needs `access_key_id` too.'),
  session_token: text().nullable().default(null).describe('Session token of temporary keys.'),
  max_workers: z
    .int()
    .min(1)
    .max(MAX_WORKERS_LIMIT)
    .default(16)
    .describe('Transfers of one run that go on at the same time.'),
  http_download_timeout_sec: seconds()
    .default(300)
    .describe('Time limit of one request to a source, its body included, in seconds. A file takes many requests.'),
  endpoint: httpUrl().nullable().default(null).describe('URL of an S3-compatible store; null: AWS.'),
  force_path_style: z
    .boolean()
    .nullable()
    .default(null)
    .describe('Put the bucket into the path instead of the host name. Null: true where `endpoint` is set.'),
  part_size_mb: z
    .int()
    .min(PART_MIN_MB)
    .max(PART_MAX_MB)
    .default(16)
    .describe('Size of one part in MiB. Raised by itself where an object would need more than 10,000 parts.'),
  publish: z
    .enum(PUBLISH_MODES)
    .default('atomic')
    .describe(
      '`atomic`: nothing is visible until every record is in. `direct`: each object is visible when it is done.',
    ),
  cleanup: z
    .enum(['run', 'prefix'])
    .default('run')
    .describe(
      'What a failed run removes. `run`: exactly what it wrote. `prefix`: everything below `target_prefix`, ' +
        'for a prefix that belongs to this pipeline alone.',
    ),
  key_template: z
    .string()
    .superRefine((value, context) => {
      const fault = keyTemplateFault(value);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault });
    })
    .default('{target_prefix}/{dataset}/{filename}')
    .describe(
      'Key of the object of a URL record. Filled in: `{target_prefix}`, `{dataset}`, `{filename}`, `{run}`, `{export_id}`. ' +
        'Begins with `{target_prefix}/` and holds `{filename}`.',
    ),
  control_prefix: keyPrefix()
    .nullable()
    .default(null)
    .describe('Key prefix of manifests, ledgers and reports. Null: `<target_prefix>/_longhaul`.'),
  server_side_encryption: z
    .enum(['AES256', 'aws:kms'])
    .nullable()
    .default(null)
    .describe('Encryption asked for with each object; null: what the bucket does by default.'),
  kms_key_id: text().nullable().default(null).describe('KMS key; needs `server_side_encryption` `aws:kms`.'),
});

const transfer = z.strictObject({
  on_error: z
    .enum(ON_ERROR_MODES)
    .default('abort')
    .describe(
      'When a record fails for good. `abort`: cancel the rest and clean up. `continue`: move the others, then judge by ' +
        '`tolerated_failures`. `wait`: park until an operator decides.',
    ),
  tolerated_failures: z
    .union([z.int(TOLERATED).min(0, TOLERATED), z.string().regex(/^(100|\d{1,2}(\.\d+)?)%$/, TOLERATED)], TOLERATED)
    .default(0)
    .describe('Failed records that `continue` accepts: a number, or a percentage of all records such as `"5%"`.'),
  allowed_hosts: z
    .array(z.string().refine(isAllowedHost, 'must be a host name, host:port, IP address or CIDR block'))
    .default([])
    .describe('Hosts, `host:port` or CIDR blocks of sources that may be at private addresses. Others are refused.'),
  max_bytes_per_sec: maxBytesPerSec('a run reads from its sources, over all workers'),
  ...laneKeys({ of: 'object', throttling: 'its source or the store', lanes: 4 }),
  page_records: z
    .int()
    .min(1)
    .max(400)
    .default(300)
    .describe('Records of one page of the manifest, which is one batch workflow.'),
  stall_timeout_sec: seconds()
    .default(30)
    .describe('Time without a byte after which a request is given up and repeated, in seconds.'),
  retry_for_sec: seconds()
    .default(900)
    .describe(
      'How long a record that fails in a way that may pass is tried again since its last progress, in seconds.',
    ),
  copy_part_threshold_mb: z
    .int()
    .min(1)
    .max(COPY_OBJECT_LIMIT_MB)
    .default(COPY_OBJECT_LIMIT_MB)
    .describe('Objects above this size in MiB are copied by UploadPartCopy; S3 takes CopyObject up to 5 GB.'),
});

const temporal = z.strictObject({
  priority: z
    .int()
    .min(PRIORITY_RANGE.min)
    .max(PRIORITY_RANGE.max)
    .nullable()
    .default(null)
    .describe('Which runs go first where tasks of several wait: 1 before 5. Null: as the run is started, else 3.'),
  fairness_weight: z
    .number()
    .min(FAIRNESS_WEIGHT_RANGE.min)
    .max(FAIRNESS_WEIGHT_RANGE.max)
    .nullable()
    .default(null)
    .describe('Share of this project among those of one priority: 2 gets twice what 1 gets. Null: 1.'),
});

const logging = z.strictObject({
  level: z.enum(LOG_LEVELS).default('INFO').describe('Least important level that is logged for this project.'),
});

export const projectSchema = z.strictObject({
  $schema: z.string().optional().describe('Where editors find the JSON Schema of this file; not used otherwise.'),
  api_: api.describe('The export API: where it is, who we are, how long to wait.'),
  ...PROVIDER_SECTIONS,
  aws: aws.describe('The bucket that the export lands in, and how objects get there.'),
  transfer: transfer.prefault({}).describe('How records are moved and what a failure means.'),
  temporal: temporal.prefault({}).describe('How runs share the task queues with those of other projects.'),
  logging: logging.prefault({}).describe('Logging.'),
});

/** A valid config.json with its defaults filled in, under the names and in the units of the file. */
export type ProjectFile = z.output<typeof projectSchema>;
