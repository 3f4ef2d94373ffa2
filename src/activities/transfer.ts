/** One URL record: opened, moved in parts, or taken back. */
import { Context } from '@temporalio/activity';
import { TransferLog } from '../ingest';
import {
  createHttpSource,
  DEFAULT_RETRY,
  openTransfer,
  SourceUrl,
  transferParts,
  type ByteLimit,
  type HttpSourceOptions,
  type TransferListener,
  type TransferSpec,
} from '../transfer';
import type { TransferControl } from '../transfer/types';
import type { Dependencies } from './dependencies';
import { IngestFile } from './ingest-file';
import { ingestLog } from './lib/attempt/ingest-log';
import { lanesTold } from './lib/attempt/lanes-told';
import { metered } from './lib/attempt/metered';
import { resumable } from './lib/attempt/resumable';
import { TakeBack } from './lib/object/take-back';
import { stagedObject, transferId } from './lib/object/staged-object';
import type { OfRecord, TransferActivities } from './types';

type Activities = Pick<TransferActivities, 'openTransfer' | 'transferParts' | 'abortTransfer'>;

export function createTransferActivities(dependencies: Dependencies): Activities {
  return {
    openTransfer: (args) =>
      move(dependencies, args, async (spec, control, file) => {
        const skipped = (await file?.unchanged()) ?? null;
        if (skipped !== null) return { kind: 'moved', staged: skipped };
        file?.log.start();
        const opened = await openTransfer(spec, control);
        if (opened.kind === 'begun') return opened;
        await file?.complete(opened.object);
        return { kind: 'moved', staged: staged(args, spec, opened.object) };
      }),

    transferParts: (args) =>
      move(dependencies, args, async (spec, control, file) => {
        const object = await transferParts(spec, args.upload, control);
        await file?.complete(object);
        return staged(args, spec, object);
      }),

    abortTransfer: (args) =>
      resumable({ forwardOnly: true }, async ({ signal }) => {
        const { settings, record, uploadId, sinceMs } = args;
        const { destination } = dependencies.bucket(settings);
        const undo = new TakeBack(destination, settings, signal, undefined, abortListener(dependencies, args));
        await undo.unfinished(record.key, uploadId, new Date(sinceMs));
        return undo.report;
      }),
  };
}

type Started = OfRecord & { readonly startedAtMs?: number };

const startOf = ({ startedAtMs }: Started): number => startedAtMs ?? Context.current().info.scheduledTimestampMs;

/** Without headers and the list of files: taking back must not fail for what moving has failed for. */
function abortListener({ ingest, logger }: Dependencies, { settings, record }: OfRecord): TransferListener | undefined {
  if (settings.job !== 'ingestUrls') return undefined;
  const write = ingestLog(logger, ingest(settings).config, settings.run);
  return new TransferLog({ url: record.source, s3Key: record.key, write }).listen;
}

const staged = (
  args: Started,
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
    startedAtMs: startOf(args),
  });

/** Builds what the engine needs for one record and runs `work` under heartbeats and metrics. */
function move<T>(
  dependencies: Dependencies,
  args: Started,
  work: (spec: TransferSpec, control: TransferControl, file: IngestFile | undefined) => Promise<T>,
): Promise<T> {
  const { settings, record } = args;
  const moving = async (control: TransferControl, limiter: ByteLimit): Promise<T> => {
    const { config, destination, http } = dependencies.bucket(settings);
    const { logger, metrics } = dependencies;
    const fields = { run: settings.run, record: record.n, source: record.source, key: record.key };
    const file = settings.job === 'ingestUrls' ? new IngestFile(dependencies, args, control, startOf(args)) : undefined;
    const source = file?.source ?? urlsOf(dependencies, args, control.signal);
    const { contentType, metadata, sha256 } = record;
    const spec: TransferSpec = {
      source: createHttpSource({ http, display: record.source, ...source }),
      destination,
      key: record.key,
      transferId: transferId(settings, record.key),
      publish: settings.publish,
      partSizeBytes: config.aws.partSizeBytes,
      lanes: config.transfer.lanes,
      maxLanes: config.transfer.maxLanes,
      onLanes: lanesTold(metrics, logger, fields),
      stallTimeoutMs: Math.min(config.transfer.stallTimeoutMs, config.aws.httpDownloadTimeoutMs),
      memory: dependencies.memory,
      limiter,
      // Within an attempt no longer than over all of them.
      retry: { ...DEFAULT_RETRY, totalMs: Math.min(DEFAULT_RETRY.totalMs, settings.retryForMs) },
      ...(contentType === undefined ? {} : { contentType }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(file === undefined ? {} : { onEvent: file.log.listen }),
      onRetry: ({ code, message }, delayMs) => {
        metrics.addRetries();
        logger.warning('transfer_retry', { ...fields, code, reason: message, delayMs });
      },
    };
    logger.debug('transfer_start', fields);
    const done = metrics.transferStarted();
    try {
      const result = await work(spec, metered(control, metrics), file);
      done();
      logger.info('transfer_complete', fields);
      return result;
    } catch (error) {
      done('failed');
      throw error;
    }
  };
  return resumable({ retryForMs: settings.retryForMs }, (control) =>
    dependencies.rates.moving(settings.rate, (limiter) => moving(control, limiter)),
  );
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
  const { dataset } = record;
  const ref =
    record.ref === undefined
      ? { dataset, pathname: new SourceUrl(record.source).reveal().pathname }
      : { dataset, ref: record.ref };
  return {
    resolve: () => urls.resolve(provider, exportId, ref, signal),
    refresh: (failed) => urls.refresh(provider, exportId, ref, failed, signal),
  };
}
