/** Where a command writes: stdout is data, stderr is progress and errors. Tests pass their own. */
import type { Command } from 'commander';

export interface OutStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface Io {
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  /** Reads all of standard input, for `--records -`. */
  readStdin(): Promise<string>;
}

export const processIo: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  async readStdin(): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks).toString('utf8');
  },
};

const ioOfProgram = new WeakMap<Command, Io>();

/** Ties a program to its streams, so that `register(program)` needs no further argument. */
export const bindIo = (program: Command, io: Io): void => {
  ioOfProgram.set(program, io);
};

/** The streams of the program that a command belongs to; the process's own where none were bound. */
export const ioOf = (command: Command): Io => {
  let root = command;
  while (root.parent !== null) root = root.parent;
  return ioOfProgram.get(root) ?? processIo;
};
