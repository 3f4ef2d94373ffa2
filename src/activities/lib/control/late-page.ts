/** Staged pages, which a worker may write after their run has ended, because it was frozen in the middle of doing so. */
import { Context } from '@temporalio/activity';
import { orNull, type ControlStore } from './control-store';
import { describe } from '../attempt/failures';
import { toNdjson } from './run-files';

/** Half of the heartbeat timeout: an attempt that took less has not been given to another worker. */
const MAYBE_LOST_MS = 5_000;
const CHECK_TIMEOUT_MS = 30_000;

/**
 * Writes a staged page. Where this attempt may have been given to another worker meanwhile and the run has reported its end,
 * nobody would remove the page any more: then this does, also where the write has failed, because an attempt that is lost is
 * cancelled as soon as its worker hears of it, be the page written or not. Throws what the write throws, and nothing else.
 */
export async function writeStagedPage(store: ControlStore, key: string, lines: readonly unknown[]): Promise<void> {
  const { log, info } = Context.current();
  const text = toNdjson(lines);
  try {
    await store.write(key, text, 'application/x-ndjson');
  } finally {
    if (Date.now() - info.currentAttemptScheduledTimestampMs >= MAYBE_LOST_MS) {
      // The attempt's own signal may have been aborted.
      const late = store.under(AbortSignal.timeout(CHECK_TIMEOUT_MS));
      await removeIfLate(late, key, text, info.scheduledTimestampMs).catch((error: unknown) => {
        log.warn('staged_page_kept', { page: store.uri(key), error: describe(error).message });
      });
    }
  }
}

/**
 * The report of an earlier run of the same id is older than this run's activities, and a page of a later run has another
 * text: neither is mistaken.
 */
async function removeIfLate(store: ControlStore, key: string, text: string, scheduledMs: number): Promise<void> {
  const report = await orNull(store.readJson<{ readonly finishedAt?: string }>(store.files.file('report.json')));
  const hasEnded = Date.parse(report?.finishedAt ?? '') >= scheduledMs;
  if (hasEnded && (await orNull(store.read(key))) === text) await store.remove(key);
}
