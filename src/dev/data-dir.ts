/**
 * The folder of one embedded stack. Owns in it: `temporal/`, `s3/`, `postgres/`, `logs/`, `configs/`, `restored/`, of the bridge
 * `gcs/`, `sqs/` and `events/`, `stack.pid` (who uses it)
 * and `credentials.json` (keys of the S3 server and the sample API, kept so that a restart does not change them).
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { LonghaulError } from '../model/errors';
import { guardFolder, releaseFolder } from './orphan-guard';
import type { S3Credentials } from './s3-server';

export interface StackCredentials extends S3Credentials {
  readonly apiKey: string;
}

export interface DataDir {
  readonly path: string;
  readonly folder: (
    name: 'temporal' | 's3' | 'postgres' | 'logs' | 'restored' | 'configs' | 'gcs' | 'sqs' | 'events',
  ) => string;
  readonly credentials: StackCredentials;
  /** Gives the folder up, and removes it where it is ephemeral. */
  release(): void;
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Two servers on one SQLite file would corrupt each other's runs. */
const claim = (dir: string): string => {
  const file = path.join(dir, 'stack.pid');
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const owner = Number(readFileSync(file, 'utf8'));
      if (owner > 0 && isRunning(owner)) {
        throw new LonghaulError('InvalidInput', `The data folder ${dir} is used by process ${owner}.`);
      }
      rmSync(file, { force: true });
    }
  }
};

const readCredentials = (dir: string): StackCredentials => {
  const file = path.join(dir, 'credentials.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as StackCredentials;
  const credentials = {
    accessKeyId: `LONGHAUL${randomBytes(6).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('hex'),
    apiKey: randomBytes(18).toString('hex'),
  };
  writeFileSync(file, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  return credentials;
};

/**
 * Claims the folder, or a new one below the temporary folder where `dir` is left out.
 * Throws InvalidInput where another running process uses it.
 */
export const openDataDir = (dir: string | undefined, ephemeral: boolean): DataDir => {
  const folder = dir === undefined ? mkdtempSync(path.join(tmpdir(), 'longhaul-')) : path.resolve(dir);
  mkdirSync(folder, { recursive: true });
  const pidFile = claim(folder);
  if (ephemeral) guardFolder(folder);
  return {
    path: folder,
    folder: (name) => path.join(folder, name),
    credentials: readCredentials(folder),
    release: () => {
      rmSync(ephemeral ? folder : pidFile, { recursive: true, force: true });
      if (ephemeral) releaseFolder(folder);
    },
  };
};
