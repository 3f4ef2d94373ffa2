/** Errors: loads into Postgres, before any file is read. Those of files and of the database are in load.ts. */
import { entry, type ErrorEntry } from './entry';

export const LOAD_JOB_ERRORS = {
  LoadConfigNotFound: entry(
    'config',
    false,
    'operator',
    'There is no load.json.',
    'Create configs/load.json, or point LONGHAUL_CONFIG_DIR at the folder that holds it.',
  ),
  DataSetUnknown: entry(
    'config',
    false,
    'operator',
    'configs/load.json has no data set of this name.',
    'Correct "data_set" of the input, or add the data set to configs/load.json of the worker.',
  ),
  StagingBucketMissing: entry(
    'config',
    false,
    'operator',
    'Nobody names a staging bucket.',
    'Give "s3_bucket", set LONGHAUL_STAGING_BUCKET, or set environments.<env>.staging_bucket in configs/load.json.',
  ),
  CrossEnvironment: entry(
    'config',
    false,
    'operator',
    'The run would stage in the bucket of another environment.',
    'Set environments.<env>.staging_bucket of the environment in configs/load.json, or give a bucket that belongs to no other.',
  ),
  NothingToLoad: entry(
    'source',
    false,
    'operator',
    'The files hold no row, and the load would have emptied the table.',
    'Look at the files; set allow_empty of the data set where an empty table is what is wanted.',
  ),
} as const satisfies Record<string, ErrorEntry>;
