/** What a command prints: one message, as text for people or as JSON for programs. */
import type { Command } from 'commander';
import { type Io, ioOf } from './io';

export class Output {
  constructor(
    readonly io: Io,
    readonly json: boolean,
  ) {}

  /** The result on stdout: `message` as one line of JSON, or its text form. */
  data<T>(message: T, toText: (message: T) => string): void {
    this.io.stdout.write(`${this.json ? JSON.stringify(message) : toText(message)}\n`);
  }

  /** A line for people on stderr. Silent with --json, so that stderr holds nothing but a JSON error. */
  note(text: string): void {
    if (!this.json) this.io.stderr.write(`${text}\n`);
  }
}

/** The output of a command that was given its own options, `--json` among them. */
export const outputOf = (command: Command): Output =>
  new Output(ioOf(command), command.optsWithGlobals<{ json?: boolean }>().json === true);

/** Ends the command with an exit code when everything there is to say has been printed. Not an error of the table. */
export class ExitWith extends Error {
  override readonly name = 'ExitWith';

  constructor(readonly exitCode: number) {
    super(`exit code ${exitCode}`);
  }
}
