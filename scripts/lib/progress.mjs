/** Progress on standard error: what is done, why, and how long it has taken so far. Standard output is for data. */
import { spawn } from 'node:child_process';
import { clearInterval, setInterval } from 'node:timers';

const TICK_MS = 5_000;

export const say = (text) => process.stderr.write(`setup: ${text}\n`);

const elapsed = (sinceMs) => {
  const seconds = Math.round((performance.now() - sinceMs) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

/** Runs `work`, and says every few seconds that it goes on; `detail()` is put after the time. */
export const withProgress = async (title, work, detail = () => '') => {
  const start = performance.now();
  const timer = setInterval(() => say(`${title}: ${elapsed(start)}${detail()}`), TICK_MS);
  try {
    const result = await work();
    say(`${title}: done in ${elapsed(start)}`);
    return result;
  } finally {
    clearInterval(timer);
  }
};

/** What a command said of its failure: the first lines that speak of an error (npm puts its reason there), else the last. */
const faultLines = (output) => {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /\berror\b(?! code)\W+\S/i.test(line));
  return (errors.length > 0 ? errors.slice(0, 3) : lines.slice(-3)).join(' | ').slice(0, 600);
};

/** Runs a command; gives its output. Throws an Error that names what it said. */
export const run = (command, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let stdout = '';
    let all = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      all += chunk;
    });
    child.stderr.on('data', (chunk) => {
      all += chunk;
      options.onStderr?.(String(chunk));
    });
    child.once('error', (error) =>
      reject(new Error(error.code === 'ENOENT' ? `${command} is not installed` : error.message)),
    );
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const tail = faultLines(all);
      reject(
        new Error(`${command} ${args[0] ?? ''} failed (${signal ?? `exit code ${code}`})${tail ? `: ${tail}` : ''}`),
      );
    });
  });

/** True where version `a` is `b` or newer; both like 1.26.4. */
export const atLeast = (a, b) => {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i += 1) if (left[i] !== right[i]) return (left[i] ?? 0) > (right[i] ?? 0);
  return true;
};
