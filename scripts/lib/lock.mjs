/** One set-up at a time for one thing: a lock file that holds the owner's process id. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './progress.mjs';

const POLL_MS = 500;

const isRunning = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

const ownerOf = (file) => {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
};

/** Waits for the lock, runs `work`, and gives it up. A lock whose owner is gone does not count. */
export const withLock = async (file, what, work) => {
  mkdirSync(dirname(file), { recursive: true });
  let said = false;
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = ownerOf(file);
    if (owner === null) continue; // given up this moment
    // An empty file is one that is being written.
    if (owner > 0 && !isRunning(owner)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!said) say(`another set-up (process ${owner}) is at ${what}: waiting for it`);
    said = true;
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
};
