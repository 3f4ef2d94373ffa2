/** The body of `longhaul report`: how the run ended, and what its job says of where the report is. */
import { withTemporal } from '../connection';
import { endedRun } from '../run/ended';
import type { Output } from '../print/output';
import { findRun } from '../run/find';

/**
 * Prints the report for people, or as JSON. It is read with the settings and credentials of this machine.
 * Throws RunNotFound, ReportMissing, ConfigNotFound or what the store answers.
 */
export const printReport = async (output: Output, workflowId: string): Promise<void> => {
  const text = await withTemporal(async ({ client }) => {
    const run = await findRun(client, workflowId);
    const ended = await endedRun(client, run);
    return run.job.readReport(ended, output.json);
  });
  if (output.json) output.data(JSON.parse(text) as unknown, () => text);
  else output.io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
};
