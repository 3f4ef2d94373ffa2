/** Room on the output disk, against what a restore would still write there. */
import { lstat, readdir, statfs } from 'node:fs/promises';
import * as path from 'node:path';
import { eachOf } from '../model/each-of';
import type { CatalogueFile } from './types';

/** Looks at the disk at the same time; a record may have 100,000 files. */
const LOOKS_AT_ONCE = 32;
/** st_blocks counts 512 bytes whatever the file system's block is (stat(2)). */
const BLOCK_BYTES = 512;

/** Disk blocks of partial files (`.<name>.<id>.partial`), by the folder that they lie in. */
const heldByPartials = async (folder: string): Promise<number> => {
  const names = await readdir(folder).catch(() => []);
  const partials = names.filter((name) => name.startsWith('.') && name.endsWith('.partial'));
  const sizes = await Promise.all(
    partials.map((name) =>
      lstat(path.join(folder, name)).then(
        ({ blocks }) => blocks * BLOCK_BYTES,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

/**
 * Bytes that restoring `files` below `destination` still needs: those of files that are missing or have another size,
 * less what partial files of earlier runs hold already. A file of the right size counts as there; whether it is right
 * takes reading it, and if it is not, the engine's own DiskFull speaks.
 */
export const neededBytes = async (destination: string, files: readonly CatalogueFile[]): Promise<number> => {
  let needed = 0;
  const folders = new Set<string>();
  await eachOf(files, LOOKS_AT_ONCE, async (file) => {
    // A path that leads elsewhere or is no path fails as a file, not here.
    if (file.path.includes('\0')) return;
    const target = path.join(destination, file.path);
    const found = await lstat(target).catch(() => undefined);
    if (found?.isFile() === true && found.size === file.bytes) return;
    needed += file.bytes;
    folders.add(path.dirname(target));
  });
  let held = 0;
  await eachOf([...folders], LOOKS_AT_ONCE, async (folder) => {
    held += await heldByPartials(folder);
  });
  return Math.max(0, needed - held);
};

/** Bytes that this process may still write to the file system of `folder`. */
export const freeBytes = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};
