/** Turns what the engine tells of one file into the log lines that operators know. */
import type { TransferEvent, TransferListener } from '../transfer/events';
import { avgMbps, logLine, progressOf, type IngestLogLine } from './log-events';

/** Progress is told for every chunk; logged are the first, every step of ten percent, and whatever is this much later. */
const PROGRESS_INTERVAL_MS = 5_000;
const PROGRESS_STEP_PERCENT = 10;

export interface TransferLogOptions {
  /** Without credentials and query. */
  readonly url: string;
  readonly s3Key: string;
  readonly write: (line: IngestLogLine) => void;
  /** When the file's first attempt began, in ms since 1970: what `elapsed_ms` counts from. Now where absent. */
  readonly startedAtMs?: number;
  readonly nowMs?: () => number;
}

/** One file in one activity. `listen` is the engine's `onEvent`; the other methods are called at the file's own turns. */
export class TransferLog {
  private readonly nowMs: () => number;
  private readonly startedAtMs: number;
  private progressAtMs = -Infinity;
  private step = -1;

  constructor(private readonly options: TransferLogOptions) {
    this.nowMs = options.nowMs ?? Date.now;
    this.startedAtMs = options.startedAtMs ?? this.nowMs();
  }

  readonly listen: TransferListener = (event) => {
    const line = this.lineOf(event);
    if (line !== null) this.options.write(line);
  };

  start(expected?: number): void {
    const { url, s3Key, write } = this.options;
    write(logLine('file_download_start', { url, s3_key: s3Key, ...(expected === undefined ? {} : { expected }) }));
  }

  complete(bytes: number): void {
    const { s3Key, write } = this.options;
    const elapsedMs = Math.max(0, this.nowMs() - this.startedAtMs);
    const fields = { s3_key: s3Key, elapsed_ms: elapsedMs };
    if (bytes === 0) write(logLine('file_complete_zero', fields));
    else write(logLine('file_complete', { ...fields, bytes, avg_mbps: avgMbps(bytes, elapsedMs) }));
  }

  skipped(): void {
    const { url, s3Key, write } = this.options;
    write(logLine('file_skipped', { url, s3_key: s3Key, reason: 'unchanged' }));
  }

  failed(error: string, code?: string): void {
    const { url, s3Key, write } = this.options;
    write(logLine('file_error', { url, error, s3_key: s3Key, ...(code === undefined ? {} : { code }) }));
  }

  private lineOf(event: TransferEvent): IngestLogLine | null {
    const s3_key = this.options.s3Key;
    switch (event.kind) {
      case 'upload_begin_start':
        return logLine('multipart_create_start', { s3_key });
      case 'upload_begin_done':
        return logLine('multipart_create_complete', { s3_key, upload_id: event.uploadId });
      case 'part_start':
        return logLine('part_upload_start', { s3_key, part: event.number, bytes: event.bytes });
      case 'part_done':
        return logLine('part_upload_complete', { s3_key, part: event.number, bytes: event.bytes });
      case 'complete_done':
        return logLine('multipart_create_done', { s3_key, parts: event.parts });
      case 'abort_start':
        return logLine('multipart_abort_start', { s3_key });
      case 'abort_done':
        return logLine('multipart_abort_done', { s3_key });
      case 'progress':
        return this.progress(event.bytes, event.expectedBytes ?? undefined);
      // No request of their own, or told by file_complete.
      case 'part_found':
      case 'put_start':
      case 'put_done':
      case 'complete_start':
        return null;
    }
  }

  private progress(bytes: number, expected: number | undefined): IngestLogLine | null {
    const nowMs = this.nowMs();
    const progress = progressOf(bytes, expected);
    const step = Math.floor((progress.percent ?? -1) / PROGRESS_STEP_PERCENT);
    if (step <= this.step && nowMs - this.progressAtMs < PROGRESS_INTERVAL_MS) return null;
    this.step = Math.max(step, this.step);
    this.progressAtMs = nowMs;
    return logLine('file_progress', { s3_key: this.options.s3Key, ...progress });
  }
}
