/**
 * No orphans: a small shell process outlives us by a moment, and ends what we leave behind when we die without
 * a chance to clean up (SIGKILL, a crash, process.exit). It learns of our end when its standard input closes,
 * which the kernel does for us whatever kills us; signal handlers in our own process cannot promise that.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

/** Time that orphans get between SIGTERM and SIGKILL. The Temporal server needs about 3 s to close its database. */
const ORPHAN_GRACE_SEC = 5;

/** Reads `+ pid`, `- pid` (process groups) and `d path`, `k path` (folders to remove, to keep) until we are gone. */
const GUARD_SCRIPT = `
pids=' '
dirs='
'
nl='
'
while read -r op value; do
  case "$op" in
    +) pids="$pids$value " ;;
    -) pids="\${pids%% $value *} \${pids#* $value }" ;;
    d) dirs="$dirs$value$nl" ;;
    k) dirs="\${dirs%%"$nl$value$nl"*}$nl\${dirs#*"$nl$value$nl"}" ;;
  esac
done
for pid in $pids; do kill -TERM "-$pid" 2>/dev/null; done
left=${ORPHAN_GRACE_SEC * 10}
while [ "$left" -gt 0 ]; do
  alive=
  for pid in $pids; do kill -0 "-$pid" 2>/dev/null && alive=1; done
  [ -z "$alive" ] && break
  left=$((left - 1))
  sleep 0.1
done
for pid in $pids; do kill -KILL "-$pid" 2>/dev/null; done
IFS="$nl"
set -f
for dir in $dirs; do [ -n "$dir" ] && rm -rf -- "$dir"; done
`;

let guard: ChildProcess | null = null;

const tell = (line: string): void => {
  if (guard === null) {
    // Its own session: Ctrl-C in the terminal must not end the guard before it has done its work.
    guard = spawn('/bin/sh', ['-c', GUARD_SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    guard.unref();
    (guard.stdin as Socket | null)?.unref();
    // A guard that was killed by hand is no reason to fail: it is a second line of defence.
    guard.stdin?.on('error', () => undefined);
    guard.on('error', () => undefined);
  }
  guard.stdin?.write(`${line}\n`);
};

/** Ends this process group when we die. */
export const guardProcess = (pid: number): void => tell(`+ ${pid}`);
/** To call when the process is gone, so that a later process with the same id is never hit. */
export const releaseProcess = (pid: number): void => tell(`- ${pid}`);
/** Removes this folder when we die. The path must be one line. */
export const guardFolder = (path: string): void => tell(`d ${path}`);
/** The folder has been removed in the ordinary way. */
export const releaseFolder = (path: string): void => tell(`k ${path}`);
