/** One URL record: opened, moved in parts, or taken back. */
import { Context } from '@temporalio/activity';
import {
  createHttpSource,
  openTransfer,
  SourceUrl,
  transferParts,
  type HttpSourceOptions,
  type TransferSpec,
} from '../transfer';
import type { TransferControl } from '../transfer/types';
import type { Dependencies } from './dependencies';
import { resumable } from './lib/resumable';
import { TakeBack } from './lib/take-back';
import { stagedObject, transferId } from './lib/staged-object';
import type { OfRecord, TransferActivities } from './types';

type Activities = Pick<TransferActivities, 'openTransfer' | 'transferParts' | 'abortTransfer'>;

export function createTransferActivities(dependencies: Dependencies): Activities {
  return {
    openTransfer: (args) =>
      move(dependencies, args, async (spec, control) => {
        const opened = await openTransfer(spec, control);
        if (opened.kind === 'begun') return opened;
        return { kind: 'moved', staged: staged(args, spec, opened.object) };
      }),

    transferParts: (args) =>
      move(dependencies, args, async (spec, control) =>
        staged(args, spec, await transferParts(spec, args.upload, control)),
      ),

    abortTransfer: ({ settings, record, uploadId, sinceMs }) =>
      resumable({ forwardOnly: true }, async ({ signal }) => {
        const undo = new TakeBack(dependencies.bucket(settings).destination, settings, signal);
        await undo.unfinished(record.key, uploadId, new Date(sinceMs));
        return undo.report;
      }),
  };
}

const staged = (
  args: OfRecord,
  spec: TransferSpec,
  object: Parameters<typeof stagedObject>[0]['object'],
): ReturnType<typeof stagedObject> =>
  stagedObject({
    record: args.record,
    source: args.record.source,
    key: args.record.key,
    object,
    outcome: 'transferred',
    transferId: spec.transferId,
    startedAtMs: Context.current().info.scheduledTimestampMs,
  });

/** Builds what the engine needs for one record and runs `work` under heartbeats and metrics. */
function move<T>(
  dependencies: Dependencies,
  args: OfRecord,
  work: (spec: TransferSpec, control: TransferControl) => Promise<T>,
): Promise<T> {
  const { settings, record } = args;
  return resumable({ retryForMs: settings.retryForMs }, async (control) => {
    const { config, destination, http, limiter } = dependencies.bucket(settings);
    const { logger, metrics } = dependencies;
    const fields = { run: settings.run, record: record.n, source: record.source, key: record.key };
    const spec: TransferSpec = {
      source: createHttpSource({ http, display: record.source, ...urlsOf(dependencies, args, control.signal) }),
      destination,
      key: record.key,
      transferId: transferId(settings, record.key),
      publish: settings.publish,
      partSizeBytes: config.aws.partSizeBytes,
      lanes: config.transfer.lanes,
      stallTimeoutMs: Math.min(config.transfer.stallTimeoutMs, config.aws.httpDownloadTimeoutMs),
      memory: dependencies.memory,
      limiter,
      onRetry: ({ code, message }, delayMs) => {
        metrics.addRetries();
        logger.warning('transfer_retry', { ...fields, code, reason: message, delayMs });
      },
    };
    logger.debug('transfer_start', fields);
    const done = metrics.transferStarted();
    try {
      const result = await work(spec, counted(control, metrics));
      done();
      logger.info('transfer_complete', fields);
      return result;
    } catch (error) {
      done('failed');
      throw error;
    }
  });
}

/** The same control, with what its progress adds told to the metrics. */
function counted(control: TransferControl, metrics: Dependencies['metrics']): TransferControl {
  let { sentBytes, parts } = control.checkpoint ?? { sentBytes: 0, parts: 0 };
  return {
    ...control,
    onProgress: (checkpoint) => {
      metrics.addBytes(Math.max(0, checkpoint.sentBytes - sentBytes));
      metrics.addParts(Math.max(0, checkpoint.parts - parts));
      ({ sentBytes, parts } = checkpoint);
      control.onProgress(checkpoint);
    },
  };
}

/** How the record's URL is had: given ones stay as they are; a provider's are signed, short-lived and asked for again. */
function urlsOf(
  { project, urls }: Dependencies,
  { settings, record, exportId }: OfRecord,
  signal: AbortSignal,
): Pick<HttpSourceOptions, 'resolve' | 'refresh'> {
  if (exportId === null) {
    const url = new SourceUrl(record.url ?? record.source);
    return { resolve: () => Promise.resolve(url) };
  }
  const provider = project(settings).provider();
  const ref = { dataset: record.dataset, pathname: new SourceUrl(record.source).reveal().pathname };
  return {
    resolve: () => urls.resolve(provider, exportId, ref, signal),
    refresh: (failed) => urls.refresh(provider, exportId, ref, failed, signal),
  };
}
