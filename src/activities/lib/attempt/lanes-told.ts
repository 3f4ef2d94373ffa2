/** The lanes of one transfer, told to the process's metrics; each change to its log. */
import type { Logger } from '../../../ops/logging';
import type { TransferMetrics } from '../../../ops/metrics';
import type { TransferSpec } from '../../../transfer';

export function lanesTold(
  metrics: TransferMetrics,
  logger: Logger,
  fields: Readonly<Record<string, unknown>>,
): NonNullable<TransferSpec['onLanes']> {
  const tell = metrics.lanesOfTransfer();
  return (lanes, reason) => {
    tell(lanes);
    if (reason !== 'begin' && reason !== 'end') logger.debug('transfer_lanes', { ...fields, lanes, reason });
  };
}
