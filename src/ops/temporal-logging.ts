/** Temporal's logs through ours: the SDK's, its native core's, and those of workflow and activity code. */
import type { LogLevel as TemporalLevel, LogMetadata, Logger as TemporalLogger } from '@temporalio/common';
import { Runtime } from '@temporalio/worker';
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

/**
 * A Temporal Logger that writes to ours. What workflow and activity code logs keeps its message as the `event`, with the
 * workflow id and activity id beside it; the SDK's own messages become event `temporal` with the text in `message`.
 */
export const temporalLogger = (logger: Logger): TemporalLogger => {
  const log = (level: TemporalLevel, message: string, meta: LogMetadata = {}): void => {
    const component: unknown = meta.sdkComponent;
    const isOurs = component === 'workflow' || component === 'activity';
    const fields = Object.fromEntries(Object.entries(meta).filter(([name]) => !DROPPED.has(name)));
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

/** Installs the process's Temporal Runtime with our logger. Once per process, before any connection is made. */
export const installTemporalRuntime = (logger: Logger, options: TemporalRuntimeOptions = {}): void => {
  const bindAddress = options.metricsAddress ?? null;
  Runtime.install({
    logger: temporalLogger(logger),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(bindAddress === null ? {} : { metrics: { prometheus: { bindAddress } } }),
    },
    ...(options.shutdownSignals === undefined ? {} : { shutdownSignals: options.shutdownSignals }),
  });
};
