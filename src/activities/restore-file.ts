/** One file of a restore: fetched, healed or found right; thawed where it is archived; cleaned up after. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import { Context } from '@temporalio/activity';
import { eachOf } from '../model/each-of';
import { LonghaulError } from '../model/errors';
import type { ManifestRecord } from '../model/records';
import type { RestoreOfRecord } from '../model/job-settings';
import type { RecordSettings } from '../model/run';
import {
  createFileDestination,
  createS3Source,
  DEFAULT_RETRY,
  isReadable,
  parseS3Uri,
  restoreFile,
  s3ChecksumLookUp,
  thawObject,
  type RestoredFile,
  type ThawRequest,
} from '../transfer';
import type { Dependencies, RestoreTools } from './dependencies';
import { ControlStore, orNull } from './lib/control/control-store';
import { lanesTold } from './lib/attempt/lanes-told';
import { metered } from './lib/attempt/metered';
import { resumable } from './lib/attempt/resumable';
import { short } from './lib/attempt/short';
import type { OfFile, RestoreActivities, RestoredFileLine } from './restore-types';

/** Requests to thaw cost no bytes. */
const THAWS_AT_ONCE = 16;
const MIB = 2 ** 20;

type Activities = Pick<RestoreActivities, 'restoreFile' | 'clearFile' | 'thawFile' | 'isThawed'>;

export function createRestoreFileActivities(dependencies: Dependencies): Activities {
  const { logger, metrics } = dependencies;
  return {
    restoreFile: (args) =>
      resumable({ retryForMs: args.settings.retryForMs }, async (control) => {
        const { settings, record } = args;
        const startedAtMs = Context.current().info.scheduledTimestampMs;
        const fields = { run: settings.run, raw_file_id: restoreOf(settings).rawFileId, file: record.key };
        logger.debug('file_start', { ...fields, source: record.source });
        const done = metrics.transferStarted();
        try {
          const restored = await dependencies.rates.moving(settings.rate, (limiter) =>
            restoreFile(
              {
                ...requestOf(dependencies, args),
                limiter,
                onLanes: lanesTold(metrics, logger, fields),
                onRetry: ({ code, message }, delayMs) => {
                  metrics.addRetries();
                  logger.warning('transfer_retry', { ...fields, code, reason: message, delayMs });
                },
              },
              metered(control, metrics),
            ),
          );
          done();
          const elapsedMs = Math.max(1, Date.now() - startedAtMs);
          const { outcome, bytes } = restored;
          if (outcome === 'skipped') logger.info('file_skipped', { ...fields, bytes, elapsed_ms: elapsedMs });
          else {
            const mibPerSec = Number((bytes / MIB / (elapsedMs / 1000)).toFixed(2));
            logger.info('file_complete', { ...fields, outcome, bytes, elapsed_ms: elapsedMs, mib_per_sec: mibPerSec });
          }
          return lineOf(args, restored, startedAtMs);
        } catch (error) {
          done('failed');
          throw error;
        }
      }),

    clearFile: (args) =>
      short(async () => {
        const { settings, record } = args;
        const { outputDir } = dependencies.restore(settings).config;
        const destination = createFileDestination({
          root: outputDir,
          transferId: transferIdOf(args),
          // Of the partial that is removed nothing else matters.
          partSizeBytes: 1,
        });
        try {
          await destination.removeLeftovers(relativePath(settings, record));
        } catch (error) {
          // A path that is refused has never had anything beside it.
          if (!(error instanceof LonghaulError) || error.retryable) throw error;
        }
        return { abortedUploads: 0, deletedObjects: 0, problems: [], moreProblems: 0 };
      }),

    thawFile: (args) =>
      resumable({ retryForMs: args.settings.retryForMs }, async ({ signal }) => {
        const { settings, record } = args;
        const tools = dependencies.restore(settings);
        await thawObject(thawOf(tools, record, signal));
        logger.info('thaw_requested', { run: settings.run, file: record.key, source: record.source });
        // The others too, or their hours of waiting would come one after the other.
        const store = new ControlStore(settings, tools.control, signal);
        const mark = `${store.files.root}thaw.json`;
        if ((await orNull(store.read(mark))) !== null) return;
        for (let page = 0, records; (records = await orNull(store.readPage('manifest', page))) !== null; page += 1) {
          await eachOf(records, THAWS_AT_ONCE, async (other) => {
            if (other.n === record.n || (await seemsRight(tools, settings, other))) return;
            // Of its own error the file itself will tell.
            await thawObject(thawOf(tools, other, signal)).catch(() => signal.throwIfAborted());
          });
        }
        await store.writeJson(mark, { requestedAt: new Date().toISOString() });
      }),

    isThawed: ({ settings, record }) =>
      short((signal) => isReadable(thawOf(dependencies.restore(settings), record, signal))),
  };
}

function restoreOf({ restore }: RecordSettings): RestoreOfRecord {
  if (restore === undefined) throw new LonghaulError('Internal', 'These are not the settings of a restore');
  return restore;
}

/** Below the output folder, so that the project's own folder is no way out either. */
const relativePath = (settings: RecordSettings, record: ManifestRecord): string =>
  `${restoreOf(settings).projectId}/${record.key}`;

/** The same for every run of this raw file: what an interrupted one has left is gone on with. */
const transferIdOf = ({ settings, record }: OfFile): string =>
  createHash('sha256')
    .update(`restore\n${restoreOf(settings).rawFileId}\n${record.key}`)
    .digest('hex')
    .slice(0, 32);

const thawOf = ({ client, config }: RestoreTools, record: ManifestRecord, signal: AbortSignal): ThawRequest => ({
  client,
  ...parseS3Uri(record.source),
  tier: config.thaw.tier,
  days: config.thaw.days,
  signal,
});

/** By its size: good enough to spare a request that costs money. */
async function seemsRight(
  { config }: RestoreTools,
  settings: RecordSettings,
  record: ManifestRecord,
): Promise<boolean> {
  const file = path.join(config.outputDir, restoreOf(settings).projectId, record.key.replaceAll('\0', ''));
  const found = await stat(file).catch(() => undefined);
  return found?.size === record.expected?.bytes;
}

function requestOf(dependencies: Dependencies, args: OfFile): Parameters<typeof restoreFile>[0] {
  const { settings, record } = args;
  const { config, client } = dependencies.restore(settings);
  const { bucket, key } = parseS3Uri(record.source);
  const { expected } = record;
  if (expected === undefined) throw new LonghaulError('Internal', `Record ${record.n} is no file`);
  return {
    source: createS3Source({ client, bucket, key }),
    root: config.outputDir,
    relativePath: relativePath(settings, record),
    expected,
    chunkBytes: config.chunkSizeBytes,
    checksumOf: s3ChecksumLookUp({ client, bucket, key, expected }),
    pool: dependencies.hashes,
    transferId: transferIdOf(args),
    partSizeBytes: config.partSizeBytes,
    lanes: config.lanes,
    maxLanes: config.maxLanes,
    stallTimeoutMs: config.stallTimeoutMs,
    // The engine's own patience must not outlast the one that is set.
    retry: { ...DEFAULT_RETRY, totalMs: Math.min(DEFAULT_RETRY.totalMs, config.retryForMs) },
    memory: dependencies.memory,
  };
}

function lineOf({ record }: OfFile, restored: RestoredFile, startedAtMs: number): RestoredFileLine {
  const { outcome, bytes, sentBytes, parts } = restored;
  return {
    line: {
      n: record.n,
      dataset: record.dataset,
      source: record.source,
      key: record.key,
      bytes,
      parts,
      attempts: Context.current().info.attempt,
      outcome,
      startedAt: new Date(startedAtMs).toISOString(),
      finishedAt: new Date().toISOString(),
      verified: 'etag',
    },
    resentBytes: outcome === 'skipped' ? 0 : Math.max(0, sentBytes - bytes),
    transferId: '',
  };
}
