/** The beginning of a load: what can be known before anything is made, then the list of files and the table to copy to. */
import { inspectFile, prepareLoad, stagingPrefix, type SourceFile, type TargetTable } from '../load';
import { LonghaulError } from '../model/errors';
import type { LoadResult } from '../model/load-run';
import type { LoadOfRecord } from '../model/job-settings';
import type { LoadSettings } from '../model/load-settings';
import type { ManifestRecord } from '../model/records';
import type { Overrides } from '../model/run';
import type { Dependencies } from './dependencies';
import { checkTarget } from './lib/prepare/check-target';
import { dropAbandonedTables, removeAbandoned, writeOwner } from './lib/load/abandoned-staging';
import { ControlStore, orNull } from './lib/control/control-store';
import { writePlan } from './lib/load/plan';
import {
  checkLoadFiles,
  checkLoadTable,
  overridesOf,
  planStaging,
  sourceFiles,
  type LoadTools,
} from './lib/load/tools';
import { writeManifestPages } from './lib/manifest/pages';
import { runRate } from './lib/prepare/run-rate-of';
import { resumable } from './lib/attempt/resumable';
import { withShare } from './lib/prepare/run-share';
import type { LoadApiActivities, PrepareLoadArgs } from './load-types';

/** Of the run's id in Temporal, which begins with them. */
const UNIQUE_DIGITS = 8;
/** Files are a child workflow each: so many make a batch whose history stays well below Temporal's limit. */
const PAGE_FILES = 300;

interface ReportHead {
  readonly outcome: string;
  readonly result?: LoadResult;
}

type Activities = Pick<LoadApiActivities, 'prepareLoad' | 'planLoad' | 'cleanStaging'>;

export function createLoadPrepareActivities(dependencies: Dependencies): Activities {
  return {
    prepareLoad: (args) =>
      resumable({}, async (attempt) => {
        const { signal } = attempt;
        const { input, ref } = args;
        const config = dependencies.loadConfig();
        const staging = planStaging(config, input);
        const set = overridesOf(staging);
        const tools = dependencies.load({ ...ref, set });
        const place = { run: args.run, controlPrefix: config.controlPrefix };
        const store = new ControlStore(place, tools.control, signal);
        await checkTarget(tools.destination, store.files.file('run.json'), attempt);
        const report = await orNull(store.readJson<ReportHead>(store.files.file('report.json')));
        const previous = report?.outcome === 'succeeded' ? (report.result ?? null) : null;
        const target = await checkLoadTable(tools, input.load_type, signal);
        await checkLoadFiles(tools, input.path, signal);
        const settings = withShare(loadSettings(args, tools, set, target), dependencies.maxWorkers);
        return { settings, previous };
      }),

    planLoad: ({ settings }) =>
      resumable({}, async ({ signal }) => {
        const tools = dependencies.load(settings);
        const store = new ControlStore(settings, tools.control, signal);
        const { loadId, loadType } = settings.load;
        await writeOwner(tools, settings, signal);
        const sweeping = [
          removeAbandoned(dependencies, tools, signal),
          dropAbandonedTables(dependencies, tools, settings, signal),
        ];
        for (const swept of await Promise.allSettled(sweeping)) {
          // Somebody else's remains must not keep this load.
          if (swept.status === 'rejected')
            dependencies.logger.warning('abandoned_load_kept', { run: settings.run, error: swept.reason as unknown });
        }
        const files = await sourceFiles(tools, settings.path, signal);
        const [first] = files;
        if (first === undefined)
          throw new LonghaulError('LoadPathEmpty', `There is no file to load at ${settings.path}`);
        const target = await checkLoadTable(tools, loadType, signal);
        const { client, format, mapping, dataSet } = tools;
        const inspected = await inspectFile({ client, file: first, format, mapping }, { signal });
        const request = { runId: loadId, loadType, target, key: dataSet.key };
        const { ledgerSchema } = dataSet;
        const load = await prepareLoad(
          tools.database(),
          { ...request, ...(ledgerSchema === null ? {} : { ledgerSchema }) },
          { signal },
        );
        const records =
          settings.load.maxRows === null ? files.map((file) => recordOf(file, settings)) : [sample(settings)];
        const manifest = await writeManifestPages(dependencies.temporal, store, settings, records);
        await tools.control.removeAll(`${store.files.root}rejects/`, signal);
        const { chunkSizeBytes } = dataSet;
        await writePlan(store, { loadId, target, load, fileColumns: inspected.columns, mapping, chunkSizeBytes });
        dependencies.logger.info('load_planned', {
          run: settings.run,
          load: loadId,
          table: settings.place.table,
          files: files.length,
          replace_by: target.replaceBy,
          rewrite_reasons: target.rewriteReasons,
        });
        return manifest;
      }),

    cleanStaging: ({ ref, input }) =>
      resumable({}, ({ signal }) => {
        const staging = planStaging(dependencies.loadConfig(), { ...input, data_set: ref.project });
        const tools = dependencies.load({ ...ref, set: overridesOf(staging) });
        return removeAbandoned(dependencies, tools, signal);
      }),
  };
}

function loadSettings(
  { ref, run, input, startedMs, owner }: PrepareLoadArgs,
  { config, dataSet, staging, database }: LoadTools,
  set: Overrides,
  { schema, table }: TargetTable,
): LoadSettings {
  const stagedIn = stagingPrefix(dataSet.name, startedMs, owner.temporalRunId.slice(0, UNIQUE_DIGITS));
  const loadId = stagedIn.split('/').at(-2) ?? '';
  const load: LoadOfRecord = {
    loadType: input.load_type,
    env: staging.env,
    loadId,
    stagingPrefix: stagedIn,
    rejectLimit: input.reject_limit ?? dataSet.rejectLimit,
    maxRows: input.load_type === 'sample' ? (input.sample_rows ?? dataSet.sampleRows) : null,
    parallelism: staging.parallelism,
  };
  return {
    ...ref,
    set,
    run,
    bucket: staging.bucket,
    targetPrefix: '',
    controlPrefix: config.controlPrefix,
    endpoint: config.environments[staging.env].store.endpoint,
    maxWorkers: staging.parallelism,
    ...runRate(input.max_bytes_per_sec ?? dataSet.maxBytesPerSec, staging.parallelism),
    publish: 'direct',
    // Staging folder and tables are removed as a whole, by the run itself.
    cleanup: 'none',
    onError: 'abort',
    toleratedFailures: { count: 0 },
    pageRecords: PAGE_FILES,
    retryForMs: dataSet.retryForMs,
    load,
    place: {
      table: `${schema}.${table}`,
      database: database().display,
      loadType: input.load_type,
      env: staging.env,
      bucket: staging.bucket,
      bucketSource: staging.source,
      bucketFrom: staging.from,
    },
    path: input.path,
    schema,
    owner,
  };
}

const recordOf = (file: SourceFile, { project, load }: LoadSettings): ManifestRecord => ({
  n: file.index,
  kind: 'load',
  dataset: project,
  source: `s3://${file.bucket}/${file.key}`,
  key: load.stagingPrefix,
  expected: { bytes: file.sizeBytes, etag: file.etag },
});

/** One after the other, until there are rows enough: how many files that takes, only reading them says. */
const sample = ({ project, load, path }: LoadSettings): ManifestRecord => ({
  n: 0,
  kind: 'load',
  dataset: project,
  source: path,
  key: load.stagingPrefix,
});
