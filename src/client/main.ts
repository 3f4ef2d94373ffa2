/** The `longhaul` command: parses the command line, runs one command, answers the exit code of the error table. */
import { Command, CommanderError } from 'commander';
import { createRequire } from 'node:module';
import { EXIT_CODES, LonghaulError } from '../model/errors';
import { register as registerAbort } from './commands/abort';
import { register as registerActivity } from './commands/activity';
import { register as registerCodecServer } from './commands/codec-server';
import { register as registerCompletion } from './commands/completion';
import { register as registerDev } from './commands/dev';
import { register as registerDlq } from './commands/dlq';
import { register as registerDoctor } from './commands/doctor';
import { register as registerEvent } from './commands/event';
import { register as registerExport } from './commands/export';
import { register as registerHelp } from './commands/help';
import { register as registerIngest } from './commands/ingest';
import { register as registerJanitor } from './commands/janitor';
import { register as registerLoad } from './commands/load';
import { register as registerPause } from './commands/pause';
import { register as registerPlan } from './commands/plan';
import { register as registerReport } from './commands/report';
import { register as registerRestore } from './commands/restore';
import { register as registerResume } from './commands/resume';
import { register as registerRetryFailed } from './commands/retry-failed';
import { register as registerRuns } from './commands/runs';
import { register as registerSchedule } from './commands/schedule';
import { register as registerSchema } from './commands/schema';
import { register as registerSetMaxBytesPerSec } from './commands/set-max-bytes-per-sec';
import { register as registerSetMaxWorkers } from './commands/set-max-workers';
import { register as registerSkipRecord } from './commands/skip-record';
import { register as registerStatus } from './commands/status';
import { register as registerTop } from './commands/top';
import { register as registerTransfer } from './commands/transfer';
import { register as registerUpgrade } from './commands/upgrade';
import { register as registerValidate } from './commands/validate';
import { register as registerVerify } from './commands/verify';
import { register as registerWatch } from './commands/watch';
import { register as registerWorker } from './commands/worker';
import { bindIo, type Io, processIo } from './lib/print/io';
import { ExitWith } from './lib/print/output';
import type * as FailureModule from './lib/print/failure';

const load = createRequire(__filename);

/** In the order of `longhaul --help`: what a newcomer needs first stands first. */
const COMMANDS = [
  registerDev,
  registerWorker,
  registerExport,
  registerIngest,
  registerLoad,
  registerRestore,
  registerTransfer,
  registerRuns,
  registerTop,
  registerStatus,
  registerWatch,
  registerPause,
  registerResume,
  registerSetMaxWorkers,
  registerSetMaxBytesPerSec,
  registerRetryFailed,
  registerSkipRecord,
  registerUpgrade,
  registerAbort,
  registerActivity,
  registerReport,
  registerVerify,
  registerJanitor,
  registerSchedule,
  registerPlan,
  registerValidate,
  registerEvent,
  registerDlq,
  registerCodecServer,
  registerDoctor,
  registerSchema,
  registerCompletion,
  registerHelp,
];

/** The same two levels up from src/client and from dist/client. */
const version = (): string => (load('../../package.json') as { version: string }).version;

export const createProgram = (io: Io = processIo): Command => {
  const program = new Command('longhaul')
    .description('Moves bulk data durably, on Temporal.')
    .version(version(), '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      // Usage errors are printed by main(), in the form of all other errors.
      outputError: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
    })
    .addHelpText(
      'after',
      '\nExample:\n  $ longhaul dev\n  $ longhaul export sample\n\nTopics, such as exit codes: longhaul help',
    );
  bindIo(program, io);
  for (const register of COMMANDS) register(program);
  return program;
};

/** A commander error as one of ours: "error: unknown option '--jason'\n(Did you mean --json?)" → one sentence. */
const usageError = (error: CommanderError): LonghaulError =>
  new LonghaulError('InvalidInput', error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '));

/** Where help for a command line is: of the command, where it is one. */
const helpHint = (program: Command, argv: readonly string[]): string => {
  const name = argv.find((word) => program.commands.some((command) => command.name() === word));
  return `Run: longhaul ${name === undefined ? '' : `${name} `}--help`;
};

/**
 * Runs the command line (without `node` and the script) and answers the exit code. Never throws: what a command throws
 * is printed as `error:` and `hint:`, or with --json as {"error": …}, on stderr.
 */
export async function main(argv: readonly string[], io: Io = processIo): Promise<number> {
  const json = argv.includes('--json');
  let program: Command | undefined;
  try {
    program = createProgram(io);
    await program.parseAsync([...argv], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof ExitWith) return error.exitCode;
    const isUsage = error instanceof CommanderError;
    if (isUsage && error.exitCode === 0) return 0;
    // No command at all: commander has printed the help, and that says everything.
    if (isUsage && error.code === 'commander.help') return EXIT_CODES.usage;
    const { describeFailure, printFailure } = load('./lib/print/failure') as typeof FailureModule;
    const failure = describeFailure(isUsage ? usageError(error) : error);
    const hint = isUsage && program !== undefined ? helpHint(program, argv) : failure.hint;
    return printFailure(io, json, { ...failure, hint });
  }
}
