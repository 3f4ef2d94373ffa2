/** What a transfer moves, told to the process's metrics. */
import type { TransferMetrics } from '../../../ops/metrics';
import type { TransferControl } from '../../../transfer/types';

/** The same control, with what its progress adds told to the metrics. */
export function metered(control: TransferControl, metrics: TransferMetrics): TransferControl {
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
