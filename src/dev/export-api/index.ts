/** The sample export API: a vendor for demos and tests. */
export { adminClient, type AdminClient } from './admin-client';
export type { AdminCommand } from './admin';
export { expectedContent, expectedCrc32 } from './content';
export type { ApiFault, FaultBook, FileFault } from './faults';
export { defaultSampleFiles, generatedFile, generatedRecords, LARGE_FILE_BYTES } from './samples';
export { startExportApi } from './server';
export type { FileStats, Stats } from './stats';
export type { ExportApi, ExportApiOptions, SampleContent, SampleFile, StatusDurations } from './types';
