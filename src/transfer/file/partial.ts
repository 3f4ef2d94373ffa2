/**
 * A file that is being written, beside where it will be: the partial and its journal. Invariants: a part's line is appended
 * only after its bytes are on the disk (fdatasync), so a journal never promises what a crash can take away; the target is
 * not touched before `publish`. Two processes with the same transfer write the same bytes to the same places, and each
 * line is one append; of a partial that another has published, removed or begun anew, `isCurrent` tells.
 */
import { open, readFile, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import type { ListedPart } from '../destination';
import { ifThere } from './local-errors';
import { partLine, readJournal } from './journal';
import { SharedSync } from './shared-sync';

/**
 * Bytes of one write. From 1 MiB on, Linux takes the page cache's memory in huge pieces, which a virtual machine often has
 * to get from its host first: 3.4 s of system time for a GiB in writes of 8 MiB, 0.3 s in these (docs/benchmarks.md).
 */
const WRITE_BYTES = 512 * 1024;

export interface PartialNames {
  readonly partial: string;
  readonly journal: string;
}

/** Undefined where there is none, or only one of another head. */
export async function listPartial(names: PartialNames, head: string): Promise<ListedPart[] | undefined> {
  const [text, found] = await Promise.all([ifThere(readFile(names.journal, 'utf8')), ifThere(stat(names.partial))]);
  if (text === undefined || found === undefined) return undefined;
  return readJournal(text, head);
}

export async function removePartial(names: PartialNames): Promise<boolean> {
  // The partial first: a journal without its file means nothing, a file without its journal is dead weight.
  const wasThere = await removeFile(names.partial);
  await removeFile(names.journal);
  return wasThere;
}

export const removeFile = async (file: string): Promise<boolean> =>
  (await ifThere(unlink(file).then(() => true))) ?? false;

/** What makes a rename durable. Not every file system lets a directory be synced; then it does so by itself. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'ENOTSUP' && code !== 'EPERM') throw error;
  } finally {
    await handle.close();
  }
}

/** A whole small file under a name of its own, on the disk when this resolves. */
export async function writeWhole(file: string, body: Buffer): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(body);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts a finished file in the target's place, in one step that a power failure cannot undo. */
export async function replaceWith(file: string, target: string): Promise<void> {
  await rename(file, target);
  await syncDirectory(path.dirname(target));
}

export class OpenPartial {
  private readonly sync: SharedSync<ListedPart>;

  private constructor(
    readonly names: PartialNames,
    private readonly data: FileHandle,
    private readonly journal: FileHandle,
  ) {
    this.sync = new SharedSync(async (parts) => {
      await data.datasync();
      // One append: a process that dies in it leaves one torn line at most, which the line end before the next one closes.
      await journal.appendFile(`\n${parts.map(partLine).join('')}`);
    });
  }

  /** Goes on with what has this head, or makes it anew, at its full size where that is known. */
  static async begin(names: PartialNames, head: string, sizeBytes: number | undefined): Promise<OpenPartial> {
    if ((await listPartial(names, head)) === undefined) {
      await removePartial(names);
      const data = await open(names.partial, 'a');
      try {
        if (sizeBytes !== undefined) await data.truncate(sizeBytes);
        const journal = await open(names.journal, 'a');
        try {
          await journal.appendFile(head);
        } finally {
          await journal.close();
        }
      } finally {
        await data.close();
      }
    }
    return OpenPartial.open(names);
  }

  /** Throws ENOENT where there is none. */
  static async open(names: PartialNames): Promise<OpenPartial> {
    const data = await open(names.partial, 'r+');
    try {
      return new OpenPartial(names, data, await open(names.journal, 'a'));
    } catch (error) {
      await data.close();
      throw error;
    }
  }

  /** Resolves when the bytes are on the disk and the journal says so. */
  async write(part: ListedPart, body: Buffer, offsetBytes: number): Promise<void> {
    for (let written = 0; written < body.length;) {
      const rest = Math.min(body.length - written, WRITE_BYTES);
      written += (await this.data.write(body, written, rest, offsetBytes + written)).bytesWritten;
    }
    await this.sync.join(part);
  }

  /** False: what lies under the partial's name is not what this object writes to. */
  async isCurrent(): Promise<boolean> {
    const [named, own] = await Promise.all([ifThere(stat(this.names.partial)), this.data.stat()]);
    return named?.ino === own.ino && named.dev === own.dev;
  }

  /** Cuts off what a preallocation has too much, and puts everything on the disk. */
  async settle(sizeBytes: number): Promise<void> {
    const { size } = await this.data.stat();
    if (size !== sizeBytes) await this.data.truncate(sizeBytes);
    await this.data.sync();
  }

  /** Replaces the target in one step. The journal goes last: until then a crash finds everything as it was. */
  async publish(target: string): Promise<void> {
    await replaceWith(this.names.partial, target);
    await removeFile(this.names.journal);
  }

  async close(): Promise<void> {
    await Promise.all([this.data.close(), this.journal.close()]);
  }
}
