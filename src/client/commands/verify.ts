import type { Command } from 'commander';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';

/** `longhaul verify <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'verify <run>',
    description: 'compare what a run has written with what is there today; exit code 11 where they differ',
    examples: [
      'longhaul verify export-project_01-20260131T093000Z',
      'longhaul verify my-run --extra',
      'longhaul verify my-run --json | jq -r "select(.kind == \\"missing\\").object"',
    ],
  }).option('--extra', 'also list what lies in the target and the ledger does not name');
  command.action((run: string, { extra }: { extra?: boolean }) =>
    heavy.verifyRun().verifyRun(outputOf(command), run, { extra: extra === true }),
  );
};
