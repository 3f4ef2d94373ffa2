/** Taking back what a run has made: aborts what is not published, deletes what is, and only what this run has written. */
import { LonghaulError } from '../../../model/errors';
import type { CleanupReport, PublishMode, RecordSettings } from '../../../model/run';
import type { StagedObject } from '../../../model/records';
import { abortUpload, deleteIfOurs, type S3Destination, type TransferListener } from '../../../transfer';
import { eachOf } from '../../../model/each-of';
import { transferId } from './staged-object';

const AT_ONCE = 16;
const MAX_PROBLEMS = 50;

/**
 * Counts what it does. What the store refuses for good becomes a problem in the report; what may pass is thrown, and so is what
 * renewed credentials can do: an upload that was given up for those would stay.
 */
export class TakeBack {
  readonly report: CleanupReport = { abortedUploads: 0, deletedObjects: 0, problems: [], moreProblems: 0 };

  constructor(
    private readonly destination: S3Destination,
    private readonly settings: Pick<RecordSettings, 'run'> & { readonly publish: PublishMode },
    private readonly signal: AbortSignal,
    private readonly onDone: () => void = () => undefined,
    private readonly onEvent?: TransferListener,
  ) {}

  /** Objects that are known one by one. */
  async staged(objects: readonly StagedObject[]): Promise<void> {
    await eachOf(objects, AT_ONCE, async ({ line, uploadId }) => {
      if (uploadId !== undefined) await this.upload(line.key, uploadId);
      else if (this.settings.publish === 'direct' && isWritten(line.outcome))
        await this.object(line.key, line.versionId);
      this.onDone();
    });
  }

  /**
   * Whatever lies under a key whose transfer did not end: the upload that history knows, or, where it knows none, uploads
   * whose Create was answered to nobody (begun since), and in direct mode the object, where it carries our marker.
   */
  async unfinished(key: string, uploadId: string | null, since: Date): Promise<void> {
    const { destination, signal, settings } = this;
    // An id that is known is all there is: opening a transfer leaves one upload. Whatever else is there is not ours.
    const ids =
      uploadId === null
        ? (await destination.findUploads(key, since, signal)).map((orphan) => orphan.uploadId)
        : [uploadId];
    for (const id of ids) await this.upload(key, id);
    if (settings.publish === 'direct') await this.object(key, undefined);
    this.onDone();
  }

  /** A problem that is not one object's: kept short, because reports travel in payloads. */
  problem(text: string): void {
    if (this.report.problems.length < MAX_PROBLEMS) this.report.problems.push(text);
    else this.report.moreProblems += 1;
  }

  private async upload(key: string, uploadId: string): Promise<void> {
    await this.noting(key, async () => {
      const { destination, signal, onEvent } = this;
      const what = { destination, key, uploadId, signal, ...(onEvent === undefined ? {} : { onEvent }) };
      if (await abortUpload(what)) this.report.abortedUploads += 1;
    });
  }

  private async object(key: string, versionId: string | undefined): Promise<void> {
    const { destination, signal, settings } = this;
    const what = { destination, key, transferId: transferId(settings, key), signal };
    await this.noting(key, async () => {
      const done = await deleteIfOurs(versionId === undefined ? what : { ...what, versionId });
      if (done) this.report.deletedObjects += 1;
    });
  }

  private async noting(key: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof LonghaulError) || error.retryable || error.code === 'CredentialsExpired') throw error;
      this.problem(`${this.destination.display(key)}: ${error.code}: ${error.message}`);
    }
  }
}

const isWritten = (outcome: StagedObject['line']['outcome']): boolean =>
  outcome === 'transferred' || outcome === 'copied' || outcome === 'healed';
