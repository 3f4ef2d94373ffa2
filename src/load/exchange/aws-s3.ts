/**
 * On Amazon RDS and Aurora the database can read a chunk itself: aws_s3.table_import_from_s3 (Amazon RDS User Guide, "Importing
 * data from Amazon S3 into an RDS for PostgreSQL DB instance"). It needs the extension and a role on the instance. Everything
 * travels as a parameter; the names within them are quoted, because the function puts them into a COPY.
 */
import type { PoolClient } from 'pg';
import { LonghaulError } from '../../model/errors';
import { STAGING_COPY_OPTIONS } from '../csv/dialect';
import { quoteNames, quoteTable } from '../database/identifiers';
import type { CopyRequest } from '../types';

const IMPORT = `SELECT aws_s3.table_import_from_s3($1, $2, $3, aws_commons.create_s3_uri($4, $5, $6)) AS said`;

/** Answers the rows, from `N rows imported into relation …`. */
export async function importFromS3(
  client: PoolClient,
  { chunk, load, staging }: CopyRequest,
  region: string,
): Promise<number> {
  const { rows } = await client.query<{ said: string }>(IMPORT, [
    quoteTable(load),
    quoteNames(chunk.columns),
    `(${STAGING_COPY_OPTIONS})`,
    staging.bucket,
    chunk.key,
    region,
  ]);
  const count = /^(\d+) rows imported/.exec(rows[0]?.said ?? '')?.[1];
  if (count !== undefined) return Number(count);
  throw new LonghaulError('PostgresFailed', `aws_s3 did not say how many rows of ${chunk.key} it has imported`);
}
