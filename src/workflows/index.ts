/** Every workflow by the name that users type or see. */
export { cleanLoadStaging } from './clean-load-staging';
export { cleanUp } from './clean-up';
export { exportToS3 } from './export-to-s3';
export { holdTarget } from './hold-target';
export { ingestUrls } from './ingest-urls';
export { loadToPostgres } from './load-to-postgres';
export { restoreFiles } from './restore-files';
export { transferBatch } from './transfer-batch';
export { transferEvent } from './transfer-event';
export { transferRecord } from './transfer-record';
