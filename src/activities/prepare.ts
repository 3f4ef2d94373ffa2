/** Before a run does anything: configuration, API, bucket; and whether this run has been here before. */
import type { ProjectConfig } from '../config/types';
import type { ExportResult, ExportSettings } from '../model/export-run';
import type { Dependencies } from './dependencies';
import { ControlStore, orNull } from './lib/control/control-store';
import { holderOf } from './lib/prepare/holder';
import { runRate } from './lib/prepare/run-rate-of';
import { checkTarget } from './lib/prepare/check-target';
import { resumable } from './lib/attempt/resumable';
import { withShare } from './lib/prepare/run-share';
import { short } from './lib/attempt/short';
import type { ApiActivities, PrepareArgs } from './types';

/** report.json, as far as it is read again. */
interface ReportHead {
  readonly outcome: string;
  readonly result?: ExportResult;
}

export function createPrepareActivities(dependencies: Dependencies): Pick<ApiActivities, 'prepareRun' | 'findHolder'> {
  return {
    prepareRun: (args) =>
      resumable({}, async (attempt) => {
        const { signal } = attempt;
        const { config, destination, control, provider } = dependencies.project(args.ref);
        const asked = args.request === null ? null : { provider: provider(), request: args.request };
        const settings = {
          ...withShare(runSettings(config, args), dependencies.maxWorkers, config.temporal),
          ...(asked === null ? {} : { exportName: asked.provider.exportName(asked.request) }),
        };
        await asked?.provider.checkAccess(signal);
        const store = new ControlStore(settings, control, signal);
        await checkTarget(destination, store.files.file('run.json'), attempt);
        const report = await orNull(store.readJson<ReportHead>(store.files.file('report.json')));
        if (report?.outcome === 'succeeded' && report.result !== undefined)
          return { settings, previous: report.result };
        return { settings, previous: null };
      }),

    findHolder: ({ lockId }) => short(() => holderOf(dependencies.temporal, lockId)),
  };
}

function runSettings(config: ProjectConfig, { ref, run }: PrepareArgs): ExportSettings {
  const { aws, api, transfer } = config;
  return {
    ...ref,
    run,
    bucket: aws.targetBucket,
    targetPrefix: aws.targetPrefix,
    controlPrefix: aws.controlPrefix,
    endpoint: aws.endpoint,
    maxWorkers: aws.maxWorkers,
    ...runRate(transfer.maxBytesPerSec, aws.maxWorkers),
    publish: aws.publish,
    cleanup: aws.cleanup,
    onError: transfer.onError,
    toleratedFailures: transfer.toleratedFailures,
    pollIntervalMs: api.pollIntervalMs,
    exportTimeoutMs: api.exportTimeoutMs,
    pageRecords: transfer.pageRecords,
    opensInBatch: true,
    retryForMs: transfer.retryForMs,
  };
}
