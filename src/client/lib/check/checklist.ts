/** A list of checks, done one after the other, as `validate` and `doctor` print it. */
import { LonghaulError, type ErrorCode } from '../../../model/errors';
import { describeFailure } from '../print/failure';
import { ExitWith, type Output } from '../print/output';

export interface CheckResult {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  readonly code?: ErrorCode;
  readonly hint?: string;
  readonly exitCode?: number;
}

/** Thrown by a check that found nothing wrong enough to fail. */
export class Warning extends Error {
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

const SIGNS: Record<CheckResult['status'], string> = { ok: '✓', warning: '!', failed: '✗', skipped: '-' };

const resultOf = (name: string, error: unknown): CheckResult => {
  if (error instanceof Warning) return { name, status: 'warning', detail: error.message, hint: error.hint };
  const { code, message, hint, exitCode } = describeFailure(error);
  return { name, status: 'failed', detail: message, code, hint, exitCode };
};

const checkLine = ({ name, status, detail, code, hint }: CheckResult): string =>
  `${SIGNS[status]} ${name.padEnd(24)} ${detail}${code === undefined ? '' : ` [${code}]`}` +
  (hint === undefined ? '' : `\n${' '.repeat(27)}hint: ${hint}`);

export class Checklist {
  readonly results: CheckResult[] = [];

  constructor(private readonly output: Output) {}

  /** Runs one check, which answers what it found or throws; prints it at once. True where it did not fail. */
  async check(name: string, work: () => string | Promise<string>): Promise<boolean> {
    try {
      return this.#add({ name, status: 'ok', detail: await work() });
    } catch (error) {
      return this.#add(resultOf(name, error));
    }
  }

  /** For checks that make no sense after another has failed. */
  skip(name: string, why: string): void {
    this.#add({ name, status: 'skipped', detail: why });
  }

  /** Prints the whole with --json. Throws ExitWith the first failure's exit code. */
  finish(): void {
    const failed = this.results.find((result) => result.status === 'failed');
    const ok = failed === undefined;
    if (this.output.json) this.output.data({ ok, checks: this.results }, () => '');
    if (!ok) throw new ExitWith(failed.exitCode ?? new LonghaulError('Internal', failed.detail).exitCode);
  }

  #add(result: CheckResult): boolean {
    this.results.push(result);
    if (!this.output.json) this.output.data(result, checkLine);
    return result.status !== 'failed';
  }
}
