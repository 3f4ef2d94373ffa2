/**
 * A run's own files in a folder of the host: `<root>/<key>`. Each is written beside its place, put on the disk and renamed,
 * so that a reader sees the old one, the new one or none. Keys are ours, never a user's.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LonghaulError } from '../../../model/errors';
import { mapLocalError, writeWhole } from '../../../transfer';
import type { SmallStore } from './small-store';

/** Errors: ObjectNotFound, and those of local disks (DiskFull, DestinationNotWritable, …). */
export function folderStore(root: string): SmallStore {
  const placeOf = (key: string): string => path.join(root, ...key.split('/'));
  return {
    uri: placeOf,
    async write(key, body, _contentType, signal) {
      await inPlace(placeOf(key), signal, (file) => writeWhole(file, body));
    },
    async writeStream(key, body, _contentType, signal) {
      await inPlace(placeOf(key), signal, (file) =>
        pipeline(body, createWriteStream(file, { flags: 'wx', flush: true }), { signal }),
      );
    },
    async read(key, signal) {
      const file = placeOf(key);
      try {
        return await readFile(file, { signal });
      } catch (error) {
        signal.throwIfAborted();
        if ((error as NodeJS.ErrnoException).code === 'ENOENT')
          throw new LonghaulError('ObjectNotFound', `${file} does not exist`, {}, { cause: error });
        throw mapLocalError(error, `Reading ${file}`);
      }
    },
    async *list(prefix, signal) {
      signal.throwIfAborted();
      const folder = placeOf(prefix);
      const found = await readdir(folder, { withFileTypes: true, recursive: true }).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw mapLocalError(error, `Listing ${folder}`);
      });
      const files = found.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
      const names = files.map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
      yield* names.map((name) => name.split(path.sep).join('/')).sort();
    },
    async removeAll(prefix, signal) {
      signal.throwIfAborted();
      const folder = placeOf(prefix);
      await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
        throw mapLocalError(error, `Removing ${folder}`);
      });
    },
  };
}

/** Folders are made as needed; what a failed write leaves beside the file is removed. */
async function inPlace(file: string, signal: AbortSignal, write: (temporary: string) => Promise<void>): Promise<void> {
  signal.throwIfAborted();
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true });
    await write(temporary);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    signal.throwIfAborted();
    throw mapLocalError(error, `Writing ${file}`);
  }
}
