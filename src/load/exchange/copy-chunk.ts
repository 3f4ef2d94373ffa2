/**
 * One staged chunk into the run's load table, exactly once: its row in the ledger is of the same transaction. Before COPY is told
 * that the data is complete, the bytes have been compared with the checksum that they were staged with.
 */
import { crc32 } from 'node:zlib';
import type { PoolClient } from 'pg';
import { LonghaulError } from '../../model/errors';
import { encodeCrc32 } from '../../transfer';
import { STAGING_COPY_OPTIONS } from '../csv/dialect';
import { pooled } from '../database/database';
import { quoteNames, quoteTable } from '../database/identifiers';
import type { Fill } from '../read/object-reader';
import { stagingFault } from '../stage/staging-fault';
import type { CopiedChunk, CopyRequest, Database, LoadControl } from '../types';
import { importFromS3 } from './aws-s3';
import { badRow, chunkReader, rowFaultOf, type RowFault } from './bad-row';
import { copyStream } from './copy-stream';
import { amend, enter, totals } from './ledger';
import { methodOf, PART_SETTING } from './load-table';
import { copySifted, type Sifted } from './rejects';

/** Carries a row's fault out of the transaction, which is over then. */
class Refused extends Error {
  constructor(readonly fault: RowFault) {
    super(fault.message);
  }
}

/**
 * Throws BadRow, RejectLimit, CountMismatch, ChecksumMismatch, TableMissing, StagingDenied, Postgres… and Source… errors, or the
 * signal's reason; the database is then as it was. May be called again at any time.
 */
export async function copyChunk(database: Database, request: CopyRequest, control: LoadControl): Promise<CopiedChunk> {
  const { chunk, load, staging, rejects } = request;
  const { signal } = control;
  const options = { what: `Copying ${chunk.key}`, signal, statementTimeoutMs: request.statementTimeoutMs };
  try {
    return await pooled(database).transaction(options, (client) => copyOnce(client, request, control, false));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LonghaulError && error.cause instanceof Refused)) throw stagingFault(error);
    if (rejects === undefined || rejects.limit === 0) throw await badRow(staging, chunk, error.cause.fault, signal);
  }
  try {
    return await pooled(database).transaction(options, (client) => copyOnce(client, request, control, true));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LonghaulError && error.cause instanceof Refused)) throw stagingFault(error);
    throw await badRow(
      staging,
      chunk,
      { ...error.cause.fault, message: `${error.cause.fault.message} (${load.table})` },
      signal,
    );
  }
}

async function copyOnce(
  client: PoolClient,
  request: CopyRequest,
  control: LoadControl,
  isSifted: boolean,
): Promise<CopiedChunk> {
  const { runId, chunk, load } = request;
  const row = { runId, chunk: chunk.key };
  const entry = { ...row, rows: chunk.rows, bytes: chunk.bytes, crc32: chunk.crc32 };
  const known = await enter(client, load.ledgerSchema, entry);
  if (known !== undefined) {
    // Staged again, the file has been cut or read in another way: these rows would be there twice, or never.
    if (known.crc32 !== chunk.crc32) {
      const text = `${chunk.key} was copied before with other rows; was the data set changed during the run?`;
      throw new LonghaulError('CountMismatch', text, { source: chunk.source });
    }
    return { rows: known.rows, rejected: known.rejected, already: true };
  }
  if ((await methodOf(client, load)) === 'upsert') {
    await client.query('SELECT set_config($1, $2, true)', [PART_SETTING, String(chunk.part)]);
  }
  const sifted = await copyRows(client, request, control, isSifted);
  const { rows, rejected } = sifted;
  if (rows + rejected !== chunk.rows) {
    const text = `${chunk.key} has ${chunk.rows} rows, and the database has taken ${rows} and refused ${rejected}`;
    throw new LonghaulError('CountMismatch', text, { source: chunk.source });
  }
  if (rejected > 0) await amend(client, load.ledgerSchema, { ...row, rows, rejected });
  return { ...sifted, already: false };
}

async function copyRows(
  client: PoolClient,
  request: CopyRequest,
  control: LoadControl,
  isSifted: boolean,
): Promise<Sifted> {
  const { chunk, load, staging, rejects, via } = request;
  const { signal } = control;
  const sql = `COPY ${quoteTable(load)} (${quoteNames(chunk.columns)}) FROM STDIN WITH (${STAGING_COPY_OPTIONS})`;
  try {
    if (via?.kind === 'aws_s3' && !isSifted) {
      return { rows: await importFromS3(client, request, via.region), rejected: 0 };
    }
    const reader = chunkReader(staging, chunk, signal);
    try {
      const fill = checked(reader.fill, request, control);
      if (!isSifted || rejects === undefined) return { rows: await copyStream(client, sql, fill), rejected: 0 };
      const { rejected } = await totals(client, load.ledgerSchema, request.runId);
      return await copySifted(client, sql, fill, { request, rejects, left: rejects.limit - rejected, signal });
    } finally {
      reader.close();
    }
  } catch (error) {
    const fault = rowFaultOf(error);
    if (fault === undefined) throw error;
    throw new LonghaulError('BadRow', fault.message, {}, { cause: new Refused(fault) });
  }
}

/** Compares the checksum at the end, before the last bytes are handed out. */
function checked(fill: Fill, { chunk }: CopyRequest, { onProgress }: LoadControl): Fill {
  let crc = 0;
  let bytes = 0;
  return async (target) => {
    const filled = await fill(target);
    crc = crc32(target.subarray(0, filled), crc);
    bytes += filled;
    onProgress?.({ rows: 0, bytes });
    if (filled < target.length && encodeCrc32(crc) !== chunk.crc32) {
      throw new LonghaulError('ChecksumMismatch', `${chunk.key} is not what was staged: its CRC32 differs`, {
        source: chunk.source,
      });
    }
    return filled;
  };
}
