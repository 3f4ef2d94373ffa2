/** Creates or adopts an export at the vendor and waits for it with durable timers. */
import { log, sleep } from '@temporalio/workflow';
import type { ExportRequest, ExportSettings } from '../../../model/export-run';
import { summaryText } from '../../../model/summary';
import { api } from '../activity-options';
import { failure } from '../failures';
import type { RunProgress } from '../run/progress';

export interface FinishedExport {
  readonly exportId: string;
  readonly records: number;
}

/** A finished export without files may only be late in naming them: asked this often before it is believed. */
const EMPTY_POLLS = 3;

/** @throws ApplicationFailure ExportTimeout, ExportFailed or ExportEmpty, or what the API calls end with. */
export async function awaitExport(
  settings: ExportSettings,
  request: ExportRequest,
  progress: RunProgress,
): Promise<FinishedExport> {
  // The deadline lives here and not in an execution timeout, which would run no cleanup.
  const deadlineMs = Date.now() + settings.exportTimeoutMs;
  const { exportId, mayBeEmpty } = await createExport(settings, request, progress, deadlineMs);
  progress.exportId = exportId;
  for (let emptyPolls = 0; ;) {
    const timeout = { scheduleToCloseTimeout: Math.max(1_000, deadlineMs - Date.now()) };
    const reply = await api('call', `Poll export ${exportId}`, settings, timeout).pollExport({ settings, exportId });
    progress.polls += 1;
    progress.exportStatus = reply.status;
    log.info('export_status', { exportId, status: reply.status, state: reply.state });
    if (reply.state === 'failed') throw failure('ExportFailed', `Export ${exportId} ended with status ${reply.status}`);
    if (reply.state === 'succeeded') {
      if (reply.recordCount > 0) return { exportId, records: reply.recordCount };
      emptyPolls += 1;
      if (emptyPolls >= EMPTY_POLLS) {
        if (mayBeEmpty) return { exportId, records: 0 };
        throw failure('ExportEmpty', `Export ${exportId} ended with status ${reply.status} but names no file`);
      }
    }
    await pause(
      settings,
      progress,
      deadlineMs,
      `Export ${exportId} is ${reply.status}: wait for poll ${progress.polls + 1}`,
    );
  }
}

async function createExport(
  settings: ExportSettings,
  request: ExportRequest,
  progress: RunProgress,
  deadlineMs: number,
): Promise<{ exportId: string; mayBeEmpty: boolean }> {
  for (;;) {
    const create = api('call', `Create the ${settings.exportName ?? `${request.type} export`}`, settings, {
      scheduleToCloseTimeout: Math.max(1_000, deadlineMs - Date.now()),
    });
    const { reply, mayBeEmpty } = await create.createExport({ settings, request });
    log.info('export_create', { ...reply });
    if (reply.kind !== 'busy') return { exportId: reply.exportId, mayBeEmpty };
    progress.exportStatus = `waiting for export ${reply.exportId} that is not ours`;
    await pause(settings, progress, deadlineMs, `Export ${reply.exportId} is in progress at the vendor: wait for it`);
  }
}

async function pause(
  settings: ExportSettings,
  progress: RunProgress,
  deadlineMs: number,
  summary: string,
): Promise<void> {
  const leftMs = deadlineMs - Date.now();
  if (leftMs <= 0) {
    const seconds = Math.round(settings.exportTimeoutMs / 1000);
    throw failure(
      'ExportTimeout',
      `The export was not ready after ${seconds} s (api_.export_timeout_sec); last status: ${progress.exportStatus ?? 'none'}`,
    );
  }
  const waitMs = Math.min(settings.pollIntervalMs, leftMs);
  progress.nextPollAt = new Date(Date.now() + waitMs).toISOString();
  progress.show();
  await sleep(waitMs, { summary: summaryText(summary) });
  progress.nextPollAt = null;
}
