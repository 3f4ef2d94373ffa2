import type { Io } from '../../../src/client/lib/print/io';
import { main } from '../../../src/client/main';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process. */
export const runCli = async (...argv: string[]): Promise<Ran> => {
  let stdout = '';
  let stderr = '';
  const io: Io = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    readStdin: () => Promise.resolve(''),
  };
  const exitCode = await main(argv, io);
  return { exitCode, stdout, stderr };
};
