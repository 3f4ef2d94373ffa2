/** `exportToS3`: a vendor's bulk export lands in S3, all of it or nothing (publish: atomic). */
import type { ExportInput, ExportResult, ExportSettings } from '../model/export-run';
import { withoutRequests } from '../model/records';
import { api } from './lib/activity-options';
import { awaitExport } from './lib/job/await-export';
import type { Continuation, RecordJob } from './lib/run/record-job';
import { runRecords } from './lib/run/record-run';
import { holdOfTarget } from './lib/hold/target';
import { exportRequest, validateExportInput } from './lib/job/validate-input';

export type ExportContinuation = Continuation<ExportSettings>;

/** Where the files of an export run are. */
interface ExportFiles {
  readonly report: string;
  readonly manifest: string;
}

export async function exportToS3(input: ExportInput, continued?: ExportContinuation): Promise<ExportResult> {
  const valid = validateExportInput(input);
  return runRecords(valid, exportJob(valid), continued);
}

function exportJob(input: ExportInput): RecordJob<ExportSettings, ExportResult, ExportFiles> {
  const { project, set, records, recordsUri } = input;
  const request = exportRequest(input);
  return {
    name: 'exportToS3',
    project,

    prepare: (run) => {
      const ref = { job: 'exportToS3', project, ...(set === undefined ? {} : { set }) } as const;
      return api('prepare', 'Check configuration, API and bucket', {}).prepareRun({ ref, run, request });
    },

    hold: async (settings) => [await holdOfTarget(settings)],

    async obtain(settings, progress) {
      if (request === null) return null;
      progress.enter('exporting');
      return (await awaitExport(settings, request, progress)).exportId;
    },

    writeManifest: (settings, exportId) =>
      api('control', 'Write the manifest', settings).writeManifest({
        settings,
        exportId,
        ...(records === undefined ? {} : { records }),
        ...(recordsUri === undefined ? {} : { recordsUri }),
      }),

    finish: (settings, ending) => api('control', 'Write the report', settings).finishRun({ settings, ...ending }),

    result: (settings, { exportId, totals, startedAt, finishedAt }, { report, manifest }) => ({
      runId: settings.run,
      exportId,
      ...withoutRequests(totals),
      seconds: (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000,
      report,
      manifest,
    }),
  };
}
