/** Lines at the end of a terminal's screen that are drawn again in place. Escapes: cursor up (CUU) and erase below (ED) alone. */
import type { OutStream } from './io';

export class LiveBlock {
  #drawn = 0;

  constructor(private readonly stream: OutStream) {}

  /** Each line must be shorter than the terminal is wide. One write for the whole block: several would flicker. */
  draw(lines: readonly string[]): void {
    const up = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A\r`;
    this.stream.write(`${up}\u001b[J${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }

  erase(): void {
    if (this.#drawn > 0) this.stream.write(`\u001b[${this.#drawn}A\r\u001b[J`);
    this.#drawn = 0;
  }

  /** Leaves the last block on the screen; what is written next comes below it. */
  leave(): void {
    this.#drawn = 0;
  }
}
