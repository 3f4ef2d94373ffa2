/** What `loadToPostgres` does at each step of a run, and what it remembers for its end. */
import { log, workflowInfo } from '@temporalio/workflow';
import type { CompletedLoad, LoadFiled } from '../../../activities/load-types';
import type { LoadInput, LoadResult } from '../../../model/load-run';
import { loadHoldId, type LoadSettings } from '../../../model/load-settings';
import type { ManifestWritten, Totals } from '../../../model/records';
import type { CleanupReport } from '../../../model/run';
import { api, transfer } from '../activity-options';
import { notUndone } from '../failures';
import { Hold } from '../hold/hold';
import type { Continuation, Ending, RecordJob } from '../run/record-job';
import { taken } from '../hold/target';

export type LoadContinuation = Continuation<LoadSettings>;

export class LoadJob implements RecordJob<LoadSettings, LoadResult, LoadFiled> {
  readonly name = 'loadToPostgres';
  readonly project: string;
  private completed: CompletedLoad | null = null;

  constructor(private readonly input: LoadInput) {
    this.project = input.data_set;
  }

  async prepare(run: string): Promise<{ settings: LoadSettings; previous: LoadResult | null }> {
    const { input } = this;
    const { workflowId, firstExecutionRunId, startTime } = workflowInfo();
    const prepared = await api('prepare', 'Check configuration, bucket, files and table', {}).prepareLoad({
      ref: { job: this.name, project: input.data_set },
      run,
      input,
      startedMs: startTime.getTime(),
      owner: { workflowId, temporalRunId: firstExecutionRunId },
    });
    const { bucket, bucketSource, bucketFrom, env } = prepared.settings.place;
    // Here and not in the activity, which may run twice: exactly one line says which bucket won.
    if (prepared.previous === null)
      log.info('staging_bucket', { run, bucket, source: bucketSource, from: bucketFrom, env });
    return prepared;
  }

  async hold({ place }: LoadSettings): Promise<readonly Hold[]> {
    return [await taken(new Hold(loadHoldId(place), `Loads ${place.table}`), `The table ${place.table}`)];
  }

  obtain(): Promise<null> {
    return Promise.resolve(null);
  }

  writeManifest(settings: LoadSettings): Promise<ManifestWritten> {
    return api('control', 'List the files and make the table that they are copied to', settings).planLoad({ settings });
  }

  async complete(settings: LoadSettings, totals: Totals): Promise<void> {
    const stagedRows = totals.load?.stagedRows ?? 0;
    const how = settings.load.loadType === 'delta' ? 'Upsert' : 'Replace';
    const completing = transfer('load', `${how} the rows of ${settings.place.table}`, settings);
    this.completed = await completing.completeLoad({ settings, stagedRows });
    log.info('load_complete', { run: settings.run, table: settings.place.table, ...this.completed });
  }

  /** What cannot be removed is told in the report; the next load, or longhaul load --clean-staging, removes it. */
  tidy(settings: LoadSettings): Promise<CleanupReport> {
    return transfer('tidy', 'Remove the staging folder and the tables of the run', settings)
      .tidyLoad({ settings })
      .catch((error: unknown) => notUndone(`staging of ${settings.load.loadId}`, error));
  }

  finish(settings: LoadSettings, ending: Ending): Promise<LoadFiled> {
    return api('control', 'Write the report', settings).finishLoad({ settings, ...ending, completed: this.completed });
  }

  result(_settings: LoadSettings, _ending: Ending, { result }: LoadFiled): LoadResult {
    return result;
  }
}
