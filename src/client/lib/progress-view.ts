/** Shows a run's progress: a block that is redrawn in place on a terminal, plain lines in a pipe, NDJSON with --json. */
import type { JobProgress } from '../../model/run';
import type { OutStream } from './io';
import { type InFlight, progressBlock, progressLine } from './progress-text';

/** In a pipe every change of stage is a line; between them one line in this time keeps logs short. */
const PLAIN_LINE_INTERVAL_MS = 10_000;
const DEFAULT_COLUMNS = 80;

export type ViewMode = 'terminal' | 'plain' | 'json' | 'silent';

export class ProgressView {
  #drawnLines = 0;
  #lastStage = '';
  #lastLineAtMs = -Infinity;
  #lastDone = -1;
  readonly #shownFailures = new Set<string>();

  constructor(
    readonly stream: OutStream,
    readonly mode: ViewMode,
    private readonly nowMs: () => number = Date.now,
  ) {}

  update(progress: JobProgress, inFlight: readonly InFlight[]): void {
    switch (this.mode) {
      case 'silent':
        return;
      case 'json':
        this.stream.write(`${JSON.stringify({ type: 'progress', progress, inFlight })}\n`);
        return;
      case 'terminal':
        this.#redraw(progressBlock(progress, inFlight, this.stream.columns ?? DEFAULT_COLUMNS));
        return;
      case 'plain':
        this.#plain(progress, inFlight);
    }
  }

  /** A sentence that stays: above the block on a terminal, a line elsewhere. */
  note(text: string): void {
    if (this.mode === 'silent') return;
    if (this.mode === 'json') {
      this.stream.write(`${JSON.stringify({ type: 'note', text })}\n`);
      return;
    }
    this.#erase();
    this.stream.write(`${text}\n`);
  }

  /** Leaves the last block on the screen; what is written next comes below it. */
  end(): void {
    this.#drawnLines = 0;
  }

  /** One write for the whole block: several would flicker. */
  #redraw(lines: readonly string[]): void {
    const up = this.#drawnLines === 0 ? '' : `\u001b[${this.#drawnLines}A\r`;
    this.stream.write(`${up}\u001b[J${lines.join('\n')}\n`);
    this.#drawnLines = lines.length;
  }

  #erase(): void {
    if (this.#drawnLines > 0) this.stream.write(`\u001b[${this.#drawnLines}A\r\u001b[J`);
    this.#drawnLines = 0;
  }

  #plain(progress: JobProgress, inFlight: readonly InFlight[]): void {
    for (const { n, source, code, message } of progress.failures) {
      const line = `failed #${n} ${source}: ${message} [${code}]`;
      if (this.#shownFailures.has(line)) continue;
      this.#shownFailures.add(line);
      this.stream.write(`${line}\n`);
    }
    const stage = `${progress.stage} ${progress.paused}`;
    const done = progress.totals.records;
    const dueMs = this.#lastLineAtMs + PLAIN_LINE_INTERVAL_MS;
    const complete = done !== this.#lastDone && done === progress.recordsTotal;
    if (stage === this.#lastStage && !complete && this.nowMs() < dueMs) return;
    this.stream.write(`${progressLine(progress, inFlight)}\n`);
    this.#lastStage = stage;
    this.#lastDone = done;
    this.#lastLineAtMs = this.nowMs();
  }
}

/** How a stream is best written to. `data`: progress is what the command is for, so --json prints it. */
export const viewFor = (stream: OutStream, json: boolean, purpose: 'data' | 'aside'): ProgressView => {
  if (json) return new ProgressView(stream, purpose === 'data' ? 'json' : 'silent');
  return new ProgressView(stream, stream.isTTY === true ? 'terminal' : 'plain');
};
