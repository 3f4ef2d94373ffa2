/** Waiting for a run at a prompt: progress, Ctrl-C, and how it ended. */
import type { Client } from '@temporalio/client';
import type { ExportResult } from '../../model/export-run';
import { EXIT_CODES } from '../../model/errors';
import { ExitWith, type Output } from './output';
import type { ProgressView } from './progress-view';
import { watchRun } from './watch-run';

/** Ctrl-C leaves the run alone: it belongs to the server. Exit code 130, as shells give it. */
export const waitForRun = async (
  client: Client,
  workflowId: string,
  view: ProgressView,
  output: Output,
): Promise<ExportResult> => {
  const interrupted = new AbortController();
  const onSignal = (): void => interrupted.abort(new ExitWith(EXIT_CODES.cancelled));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await watchRun(client, workflowId, view, interrupted.signal);
  } catch (error) {
    if (error instanceof ExitWith) {
      output.note(`The run goes on. Watch it:     longhaul watch ${workflowId}`);
      output.note(`Stop it and clean up:         longhaul abort ${workflowId}`);
    }
    throw error;
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
};
