/** One child process with its own process group and log file, that we can stop, kill and await. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LonghaulError } from '../model/errors';
import { guardProcess, releaseProcess } from './orphan-guard';
import type { ManagedProcess } from './types';

export interface ProcessSpec {
  /** For messages and the log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  /** Standard output and error are appended here: a pipe would stall the child whenever our own loop is busy. */
  readonly logFile: string;
  readonly cwd?: string;
  /** Time between SIGTERM and SIGKILL in stop(). The Temporal server takes about 3 s. */
  readonly stopGraceMs?: number;
  /** What asks it to end. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** Whom it runs as, where we are root and it refuses to be. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

const DEFAULT_STOP_GRACE_MS = 15_000;
const RECENT_OUTPUT_BYTES = 4_096;

export interface LoggedProcess extends ManagedProcess {
  /** Everything it has written since it was started. */
  readonly output: () => string;
}

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: it is gone already.
  }
};

/**
 * Starts a process. It is not ready yet when this returns: see waitUntilReady.
 * Throws ToolMissing where the command cannot be run.
 */
export const startProcess = async (spec: ProcessSpec): Promise<LoggedProcess> => {
  mkdirSync(path.dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, 'a');
  const logStart = statSync(spec.logFile).size;
  const child = spawn(spec.command, spec.args, {
    env: spec.env,
    // Its own group: Ctrl-C in a terminal reaches us alone, and we end our children in order.
    detached: true,
    stdio: ['ignore', log, log],
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    ...spec.owner,
  });
  closeSync(log);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new LonghaulError('ToolMissing', `${spec.name} cannot be started: ${cause.message}.`, {}, { cause })),
    );
  });
  const pid = child.pid;
  if (pid === undefined) throw new LonghaulError('Internal', `${spec.name} was started without a process id.`);
  guardProcess(pid);
  const gone = exited.then((status) => {
    signalGroup(pid, 'SIGKILL'); // whatever it has started itself
    releaseProcess(pid);
    return status;
  });

  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) signalGroup(pid, 'SIGKILL');
    await gone;
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(spec.stopSignal ?? 'SIGTERM');
    const timer = new AbortController();
    const late = sleep(spec.stopGraceMs ?? DEFAULT_STOP_GRACE_MS, 'late' as const, { signal: timer.signal }).catch(
      () => 'stopped' as const,
    );
    const first = await Promise.race([gone, late]);
    timer.abort();
    if (first === 'late') await kill();
  };
  const output = (): string => readFileSync(spec.logFile).subarray(logStart).toString('utf8');
  const recentOutput = (): string => output().slice(-RECENT_OUTPUT_BYTES);
  return { name: spec.name, pid, stop, kill, exited: gone, output, recentOutput };
};
