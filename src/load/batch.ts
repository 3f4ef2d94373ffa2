/** What every reader makes: rows as staged CSV, a block at a time. */

/** Whole rows in the staging dialect. `bytes` is valid until the reader is asked for the next batch. */
export interface RowBatch {
  readonly bytes: Buffer;
  readonly rows: number;
  /** Line feeds in `bytes`: more than `rows` where fields hold some. */
  readonly lines: number;
  /** Line (or row) of the file where the first row begins. */
  readonly firstLine: number;
  /** Pairs: line of the batch from 0, line of the file; one wherever a row breaks the count of one by one. */
  readonly breaks: readonly number[];
}

export interface RowReader {
  /** Columns of the table in the order of the fields. */
  readonly columns: readonly string[];
  /** Columns as the file names them, before renaming and dropping; null where every row has its own. */
  readonly sourceColumns: readonly string[] | null;
  readonly unit: 'line' | 'row';
  batches(): AsyncGenerator<RowBatch>;
}
