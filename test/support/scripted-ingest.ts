/** The activities of `ingestUrls` beside its files, scripted: what a workflow asked for is kept, and answered as it likes. */
import type { ApiActivities, FinishIngestArgs, PlanIngestArgs, PrepareIngestArgs } from '../../src/activities/types';
import type { IngestSettings } from '../../src/model/ingest-run';

export class ScriptedIngest {
  settings: Partial<IngestSettings> = {};
  readonly prepared: PrepareIngestArgs[] = [];
  readonly planned: PlanIngestArgs[] = [];
  finished: FinishIngestArgs | undefined;

  constructor(private readonly size: () => { readonly records: number; readonly pageRecords: number }) {}

  activities(): Pick<ApiActivities, 'prepareIngest' | 'planIngest' | 'finishIngest'> {
    return {
      prepareIngest: (args) => {
        this.prepared.push(args);
        return Promise.resolve({ settings: this.settingsOf(args), previous: null });
      },
      planIngest: (args) => {
        this.planned.push(args);
        const { records, pageRecords } = this.size();
        return Promise.resolve({ records, pages: Math.ceil(records / pageRecords) });
      },
      finishIngest: (args) => {
        this.finished = args;
        const root = 's3://bucket/_longhaul/ingest';
        const files = { report: `${root}/report.json`, manifest: `${root}/manifest/`, ledger: `${root}/ledger.ndjson` };
        return Promise.resolve({ ...files, lines: [] });
      },
    };
  }

  private settingsOf({ ref, run, date, input }: PrepareIngestArgs): IngestSettings {
    return {
      ...ref,
      run,
      bucket: 'bucket',
      targetPrefix: `raw-${run}/${date.replaceAll('-', '/')}`,
      controlPrefix: '_longhaul/ingest',
      endpoint: null,
      maxWorkers: 2,
      publish: 'direct',
      cleanup: 'none',
      onError: input.onError ?? 'continue',
      toleratedFailures: input.failOnError === true ? { count: 0 } : { percent: 100 },
      pageRecords: this.size().pageRecords,
      retryForMs: 1_000,
      date,
      skipUnchanged: false,
      ...this.settings,
    };
  }
}
