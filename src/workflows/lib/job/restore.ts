/** One raw file: what `restoreFiles` does at each step of a run, and what it remembers for its end. */
import { CancellationScope, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import type { RestoreFiled } from '../../../activities/restore-types';
import { restoreHoldId, type RestoreSettings } from '../../../model/restore-settings';
import { restoreStatus, type RestoreResult } from '../../../model/restore-run';
import type { ManifestWritten } from '../../../model/records';
import type { Overrides } from '../../../model/run';
import { claims, files } from '../activity-options';
import { failed, type Cause } from '../failures';
import { Hold } from '../hold/hold';
import type { Continuation, Ending, RecordJob, RunHold } from '../run/record-job';
import { RestoreSlot } from '../hold/restore-slot';
import type { RunProgress } from '../run/progress';
import { taken } from '../hold/target';

export type RestoreContinuation = Continuation<RestoreSettings>;

export interface RestoreOne {
  readonly rawFileId: string;
  readonly include: readonly string[] | null;
  readonly set: Overrides | null;
  /** Null: whichever host answers. */
  readonly host: string | null;
}

export class RestoreJob implements RecordJob<RestoreSettings, RestoreResult, RestoreFiled> {
  readonly name = 'restoreFiles';
  readonly project: string;
  /** Once the report is written. */
  filed: RestoreFiled | undefined;
  /** RunTimeout, once its time is up. */
  ownEnd: Cause | undefined;
  private slot: RestoreSlot | undefined;
  private readonly work = new CancellationScope();

  constructor(
    private readonly one: RestoreOne,
    private readonly continued: RestoreContinuation | undefined,
  ) {
    this.project = one.rawFileId;
    if (continued !== undefined) this.limitTime(continued.settings);
  }

  /** Runs the job under its time limit. @throws what `run` throws; RunTimeout in place of the cancel that the limit made. */
  async within(run: () => Promise<RestoreResult>): Promise<RestoreResult> {
    try {
      return await this.work.run(run);
    } catch (error) {
      if (this.ownEnd === undefined || !isCancellation(error)) throw error;
      const { code, message } = this.ownEnd;
      throw failed({ code, message: this.filed === undefined ? message : `${message} (report: ${this.filed.report})` });
    }
  }

  async prepare(run: string): Promise<{ settings: RestoreSettings; previous: null }> {
    const { rawFileId, include, set } = this.one;
    const summary = `Check configuration, catalogue and disk for ${rawFileId}`;
    const { host } = this.one;
    const preparing = host === null ? claims(summary) : files('prepare', summary, host);
    const settings = await preparing.prepareRestore({
      ref: { job: 'restoreFiles', project: rawFileId, ...(set === null ? {} : { set }) },
      run,
      rawFileId,
      include,
      startedMs: workflowInfo().startTime.getTime(),
    });
    this.limitTime(settings);
    // A run id that is used again looks at the files again: what counts is on the disk.
    return { settings, previous: null };
  }

  async hold(settings: RestoreSettings): Promise<readonly RunHold[]> {
    const { rawFileId } = settings.restore;
    const hold = new Hold(restoreHoldId(settings), `Restoring ${rawFileId} on ${settings.host}`);
    const slot = new RestoreSlot(settings);
    this.slot = slot;
    // Both at once: where nobody else restores, that spares the run a wait.
    const trying = this.continued === undefined ? slot.try() : slot.take();
    try {
      const [held] = await Promise.all([taken(hold, `${settings.destination} (${rawFileId})`), trying]);
      return [slot, held];
    } catch (error) {
      await CancellationScope.nonCancellable(async () => {
        await trying.catch(() => undefined);
        await Promise.all([slot.release(), hold.release()]);
      });
      throw error;
    }
  }

  /** The destination is ours by now: a cancel while it waits is reported there. */
  async obtain(_settings: RestoreSettings, progress: RunProgress): Promise<null> {
    if (this.slot?.isHeld === true) return null;
    progress.enter('waiting');
    await this.slot?.take();
    return null;
  }

  writeManifest(settings: RestoreSettings): Promise<ManifestWritten> {
    return files('control', 'List the files', settings.host).writeRestoreManifest({ settings });
  }

  async finish(settings: RestoreSettings, ending: Ending): Promise<RestoreFiled> {
    const isLate = this.ownEnd !== undefined && ending.outcome === 'cancelled';
    const end: Ending = isLate ? { ...ending, outcome: 'failed', failure: this.ownEnd ?? null } : ending;
    this.filed = await files('control', 'Write the report', settings.host).finishRestore({ settings, ...end });
    return this.filed;
  }

  result(settings: RestoreSettings, { startedAt, finishedAt }: Ending, { restored }: RestoreFiled): RestoreResult {
    return {
      runId: settings.run,
      status: restoreStatus(restored),
      host: settings.host,
      seconds: (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000,
      restores: [restored],
    };
  }

  /** Ends the run as a cancel does when its time is up; nothing else of it needs to know of a limit. */
  private limitTime({ deadlineMs }: RestoreSettings): void {
    const startedMs = this.continued?.startedMs ?? workflowInfo().startTime.getTime();
    const hours = Number(((deadlineMs - startedMs) / 3_600_000).toFixed(2));
    const message = `The run has reached its limit of ${hours} hours (max_run_hours)`;
    const leftMs = Math.max(1, deadlineMs - Date.now());
    void sleep(leftMs, { summary: 'Time limit of the run (max_run_hours)' }).then(
      () => {
        this.ownEnd = { code: 'RunTimeout', message };
        this.work.cancel();
      },
      () => undefined,
    );
  }
}
