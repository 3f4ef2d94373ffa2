import type { Command } from 'commander';
import { MESSAGES } from '../../model/run';
import { parseByteRate } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { formatRate } from '../lib/print/format';
import { sendsUpdate } from '../lib/operate/update-command';

/** `longhaul set-max-bytes-per-sec <run> <rate>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'set-max-bytes-per-sec <run>',
    description: 'change how many bytes a run reads per second; transfers under way hear of it within seconds',
    examples: [
      'longhaul set-max-bytes-per-sec export-project_01-20260131T093000Z 10MB/s',
      'longhaul set-max-bytes-per-sec export-project_01-20260131T093000Z none',
    ],
  }).argument(
    '<rate>',
    'of the whole run: 10MB/s, 512KiB/s, 1000000 (bytes), or none to lift the limit',
    parseByteRate,
  );
  sendsUpdate(command, (_run, maxBytesPerSec: number | null) => ({
    name: MESSAGES.setMaxBytesPerSec,
    arg: { maxBytesPerSec },
    toText: (state) =>
      state.maxBytesPerSec === null
        ? 'The run reads as fast as it can now.'
        : `The run reads at most ${formatRate(state.maxBytesPerSec)} now.`,
  }));
};
