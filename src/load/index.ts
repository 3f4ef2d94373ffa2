/** Loads files into Postgres: readers, staging, COPY, the exchange of rows, cleanup. Knows nothing of Temporal. */
import { openDatabase } from './database/database';
import { copyChunk } from './exchange/copy-chunk';
import { copyMeanwhile } from './exchange/copy-meanwhile';
import { finishLoad } from './exchange/finish';
import { dropLoadTables, findLoadTables, prepareLoad } from './exchange/load-table';
import { inspectTarget } from './exchange/target';
import { listSourceFiles } from './read/list-files';
import { inspectFile, stageFile } from './stage/stage-file';
import { findAbandonedStaging, removeStaging, stagingPrefix } from './stage/staging-area';
import type { LoadEngine } from './types';

export * from './types';
export { RFC_4180 } from './csv/dialect';
export { formatOf } from './read/open-file';
export { DEFAULT_CHUNK_BYTES } from './stage/stage-file';
export { STAGING_ROOT } from './stage/staging-area';
export { iamToken, type TokenRequest } from './database/iam-token';
export {
  copyChunk,
  copyMeanwhile,
  dropLoadTables,
  findAbandonedStaging,
  findLoadTables,
  finishLoad,
  inspectFile,
  inspectTarget,
  listSourceFiles,
  openDatabase,
  prepareLoad,
  removeStaging,
  stageFile,
  stagingPrefix,
};

/** All of them as one value, for whoever hands them on. */
export const loadEngine: LoadEngine = {
  openDatabase,
  listSourceFiles,
  inspectFile,
  inspectTarget,
  stagingPrefix,
  stageFile,
  prepareLoad,
  copyChunk,
  copyMeanwhile,
  finishLoad,
  dropLoadTables,
  removeStaging,
  findAbandonedStaging,
  findLoadTables,
};
