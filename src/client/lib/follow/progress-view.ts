/** Shows a run's progress: a block that is redrawn in place on a terminal, plain lines in a pipe, NDJSON with --json. */
import type { JobProgress } from '../../../model/run';
import type { OutStream } from '../print/io';
import { LiveBlock } from '../print/live-block';
import { bytesOf, inFlightText, isInTrouble, progressLine } from './progress-text';
import type { InFlight } from '../run/details';
import { styleFor } from '../print/terminal';
import { RateMeter, watchBlock } from './watch-screen';

/** In a pipe every change of stage is a line; between them one line in this time keeps logs short. */
const PLAIN_LINE_INTERVAL_MS = 10_000;
const DEFAULT_COLUMNS = 80;

export type ViewMode = 'terminal' | 'plain' | 'json' | 'silent';

export class ProgressView {
  #lastStage = '';
  #lastLineAtMs = -Infinity;
  #lastDone = -1;
  readonly #shownFailures = new Set<string>();
  readonly #block: LiveBlock;
  readonly #meter = new RateMeter();

  constructor(
    readonly stream: OutStream,
    readonly mode: ViewMode,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.#block = new LiveBlock(stream);
  }

  update(progress: JobProgress, inFlight: readonly InFlight[]): void {
    switch (this.mode) {
      case 'silent':
        return;
      case 'json':
        this.stream.write(`${JSON.stringify({ type: 'progress', progress, inFlight })}\n`);
        return;
      case 'terminal':
        this.#block.draw(this.#screen(progress, inFlight));
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
    this.#block.erase();
    this.stream.write(`${text}\n`);
  }

  /** Leaves the last block on the screen; what is written next comes below it. */
  end(): void {
    this.#block.leave();
  }

  /** Width and colours are asked for each time: windows are resized. */
  #screen(progress: JobProgress, inFlight: readonly InFlight[]): string[] {
    const rate = this.#meter.add(bytesOf(progress, inFlight), this.nowMs());
    const width = this.stream.columns ?? DEFAULT_COLUMNS;
    return watchBlock(progress, inFlight, { width, style: styleFor(this.stream), rate });
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
    // One stands for all: mostly the same server keeps them waiting.
    const [first, ...more] = inFlight.filter(isInTrouble);
    if (first !== undefined)
      this.stream.write(`${inFlightText(first)}${more.length === 0 ? '' : `, and ${more.length} more`}\n`);
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
