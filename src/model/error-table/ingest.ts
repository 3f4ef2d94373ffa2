/** Errors: the list of files that `ingestUrls` is given. */
import { entry, type ErrorEntry } from './entry';

export const INGEST_ERRORS = {
  ParametersLoad: entry(
    'config',
    false,
    'operator',
    'The list of files to ingest cannot be had: BUCKET_NAME is missing, or parameters.json is missing, unreadable or malformed.',
    'Set BUCKET_NAME, or correct s3://<bucket>/config/parameters.json as the message says, and start the run again.',
  ),
  ParametersChanged: entry(
    'config',
    false,
    'operator',
    'parameters.json was replaced while a run was reading signed URLs from it.',
    'Start the run again: it takes the new list.',
  ),
  KeyCollision: entry(
    'config',
    false,
    'operator',
    'Two URLs of one run give the same key; nothing was moved.',
    'Give one of them a "key" of its own in parameters.json, or set LONGHAUL_INGEST_ON_COLLISION to number.',
  ),
} as const satisfies Record<string, ErrorEntry>;
