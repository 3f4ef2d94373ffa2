/** Temporal's logs through ours: the SDK's, its native core's, and those of workflow and activity code. */
import type { LogLevel as TemporalLevel, LogMetadata, Logger as TemporalLogger } from '@temporalio/common';
import { Runtime } from '@temporalio/worker';
import { ERRORS } from '../model/errors';
import type { LogLevel, Logger } from './logging';

const LEVELS: Record<TemporalLevel, LogLevel> = {
  TRACE: 'DEBUG',
  DEBUG: 'DEBUG',
  INFO: 'INFO',
  WARN: 'WARNING',
  ERROR: 'ERROR',
};

/** Fields that Temporal adds to every line of ours and that say nothing beside the workflow id and run id. */
const DROPPED = new Set(['sdkComponent', 'taskToken', 'isLocal', 'namespace', 'taskQueue']);

/** How the native core marks a workflow task that does not replay ("[TMPRL1100] Nondeterminism error"). */
const NOT_REPLAYABLE = 'TMPRL1100';

/** Whether the native core tells of a run that this worker's code cannot replay. */
const isNotReplayable = (meta: LogMetadata): boolean =>
  Object.values(meta).some((value) => typeof value === 'string' && value.includes(NOT_REPLAYABLE));

/**
 * A Temporal Logger that writes to ours. What workflow and activity code logs keeps its message as the `event`, with the
 * workflow id and activity id beside it; the SDK's own messages become event `temporal` with the text in `message`.
 */
export const temporalLogger = (logger: Logger): TemporalLogger => {
  const log = (level: TemporalLevel, message: string, meta: LogMetadata = {}): void => {
    const component: unknown = meta.sdkComponent;
    const isOurs = component === 'workflow' || component === 'activity';
    const fields = Object.fromEntries(Object.entries(meta).filter(([name]) => !DROPPED.has(name)));
    if (!isOurs && isNotReplayable(meta)) {
      const { meaning, hint } = ERRORS.VersionMismatch;
      logger.log('ERROR', 'workflow_not_replayable', { ...fields, code: 'VersionMismatch', error: meaning, hint });
      return;
    }
    logger.log(
      LEVELS[level],
      isOurs ? message : 'temporal',
      isOurs ? fields : { ...fields, message, component: component ?? 'sdk' },
    );
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
};

export interface TemporalRuntimeOptions {
  /** `host:port` for the SDK's own Prometheus metrics; null: none. */
  readonly metricsAddress?: string | null;
  /** Signals that stop the workers; none where the process handles signals itself. */
  readonly shutdownSignals?: NodeJS.Signals[];
}

/** Names and units as Prometheus wants them, and as Temporal's own dashboards expect: seconds, `_seconds`, `_total`. */
const PROMETHEUS_NAMES = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true } as const;

/** The SDK's own buckets go from 10 s to 100 s: an alert at 30 s would guess. */
const SCHEDULE_TO_START_BUCKETS_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900];
const HISTOGRAM_BUCKETS = {
  activity_schedule_to_start_latency: SCHEDULE_TO_START_BUCKETS_SECONDS,
  workflow_task_schedule_to_start_latency: SCHEDULE_TO_START_BUCKETS_SECONDS,
};

/** Installs the process's Temporal Runtime with our logger. Once per process, before any connection is made. */
export const installTemporalRuntime = (logger: Logger, options: TemporalRuntimeOptions = {}): void => {
  const bindAddress = options.metricsAddress ?? null;
  Runtime.install({
    logger: temporalLogger(logger),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(bindAddress === null
        ? {}
        : {
            metrics: { prometheus: { bindAddress, ...PROMETHEUS_NAMES, histogramBucketOverrides: HISTOGRAM_BUCKETS } },
          }),
    },
    ...(options.shutdownSignals === undefined ? {} : { shutdownSignals: options.shutdownSignals }),
  });
};
