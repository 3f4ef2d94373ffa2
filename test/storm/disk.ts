/**
 * A disk in memory: takes the place of node:fs/promises under src/transfer/file and src/transfer/hash. What is written is in the
 * page cache, which survives a killed process; only a sync puts it on the disk, which survives a power failure. After one, each
 * write that was not synced may be there, missing or torn, and each entry of a directory as it is or as it was.
 */
import type { Clock } from './clock';
import { currentLife } from './clock';

interface Write {
  readonly offset: number;
  readonly data: Buffer;
}

interface Inode {
  readonly ino: number;
  /** As processes see it. */
  cached: Buffer;
  /** On the disk, but for `pending`. */
  durable: Buffer;
  pending: Write[];
  mtimeMs: number;
}

export interface DiskOwner {
  readonly clock: Clock;
  /** The errno of this call, or 'short' for a write of fewer bytes than asked for. */
  diskFault(): string | undefined;
  onDiskWrite(path: string, bytes: number): void;
  /** The file under this name is another by now. */
  onNamed(path: string): void;
  log(text: string): void;
}

const MAX_LATENCY_MS = 3;

const errno = (code: string, path: string): Error => Object.assign(new Error(`${code}: storm, '${path}'`), { code });

function grown(data: Buffer, length: number): Buffer {
  if (data.length >= length) return data;
  const larger = Buffer.alloc(length);
  data.copy(larger);
  return larger;
}

export class Disk {
  private names = new Map<string, Inode>();
  /** What a power failure would leave of the names; each rename, creation and removal since the last sync of the folder. */
  private durableNames = new Map<string, Inode>();
  private inodes = 0;

  constructor(readonly owner: DiskOwner) {}

  read(path: string): Buffer | undefined {
    return this.names.get(path)?.cached;
  }

  list(): string[] {
    return [...this.names.keys()].sort();
  }

  plant(path: string, data: Buffer): void {
    this.names.set(path, {
      ino: (this.inodes += 1),
      cached: Buffer.from(data),
      durable: data,
      pending: [],
      mtimeMs: 0,
    });
    this.durableNames = new Map(this.names);
  }

  /** Everything in memory is gone. */
  powerFailure(): void {
    const { random } = this.owner.clock;
    const names = new Map<string, Inode>();
    for (const path of new Set([...this.names.keys(), ...this.durableNames.keys()])) {
      const kept =
        this.names.get(path) === this.durableNames.get(path) || random() < 0.5 ? this.names : this.durableNames;
      const inode = kept.get(path);
      if (inode !== undefined) names.set(path, inode);
    }
    for (const inode of new Set(names.values())) {
      for (const { offset, data } of inode.pending) {
        const luck = random();
        if (luck < 0.4) continue;
        const part = luck < 0.8 ? data : data.subarray(0, Math.floor(random() * data.length));
        inode.durable = grown(inode.durable, offset + part.length);
        part.copy(inode.durable, offset);
      }
      inode.pending = [];
      // The length may have been recorded and the bytes not: they are zeros then.
      if (random() < 0.5) inode.durable = grown(inode.durable, inode.cached.length).subarray(0, inode.cached.length);
      inode.cached = Buffer.from(inode.durable);
    }
    this.names = names;
    this.durableNames = new Map(names);
    for (const path of names.keys()) this.owner.onNamed(path);
  }

  open(path: string, flags = 'r'): Handle {
    let inode = this.names.get(path);
    if (inode === undefined && path.endsWith('/data') && flags === 'r') return new Handle(path, undefined);
    if (inode !== undefined && flags === 'wx') throw errno('EEXIST', path);
    if (inode === undefined) {
      if (flags.startsWith('r')) throw errno('ENOENT', path);
      inode = {
        ino: (this.inodes += 1),
        cached: Buffer.alloc(0),
        durable: Buffer.alloc(0),
        pending: [],
        mtimeMs: this.owner.clock.nowMs,
      };
      this.names.set(path, inode);
      this.owner.onNamed(path);
    }
    return new Handle(path, inode);
  }

  rename(from: string, to: string): void {
    const inode = this.names.get(from);
    if (inode === undefined) throw errno('ENOENT', from);
    this.names.delete(from);
    this.names.set(to, inode);
    this.owner.onNamed(to);
  }

  unlink(path: string): void {
    if (!this.names.delete(path)) throw errno('ENOENT', path);
    this.owner.onNamed(path);
  }

  syncNames(): void {
    this.durableNames = new Map(this.names);
  }

  stat(path: string): ReturnType<typeof statOf> {
    const inode = this.names.get(path);
    if (inode === undefined) {
      const isFolder = this.list().some((name) => name.startsWith(`${path}/`)) || ROOTS.has(path);
      if (!isFolder) throw errno('ENOENT', path);
      return statOf({ ino: 0, cached: Buffer.alloc(0), mtimeMs: 0 }, true);
    }
    return statOf(inode, false);
  }
}

export const ROOT = '/storm/data';
const ROOTS = new Set(['/storm', ROOT]);

const statOf = (
  { ino, cached, mtimeMs }: Pick<Inode, 'ino' | 'cached' | 'mtimeMs'>,
  isFolder: boolean,
): Record<'ino' | 'dev' | 'size' | 'mtimeMs', number> & { birthtime: Date } & Record<
    'isFile' | 'isDirectory' | 'isSymbolicLink',
    () => boolean
  > => ({
  ino,
  dev: 1,
  size: cached.length,
  mtimeMs,
  birthtime: new Date(mtimeMs),
  isFile: () => !isFolder,
  isDirectory: () => isFolder,
  isSymbolicLink: () => false,
});

/** Runs one call of the file system for the process at hand: later, with its faults, and not at all where it has died. */
function call<T>(path: string, work: (disk: Disk, fault: string | undefined) => T): Promise<T> {
  const life = currentLife();
  if (life?.isAlive !== true) return new Promise(() => undefined);
  const { disk } = life.world as { readonly disk: Disk };
  const { owner } = disk;
  return new Promise((resolve, reject) => {
    const run = (): void => {
      const fault = owner.diskFault();
      try {
        if (fault !== undefined && fault !== 'short') throw errno(fault, path);
        resolve(work(disk, fault));
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    owner.clock.schedule(owner.clock.random() * MAX_LATENCY_MS, run, life);
  });
}

class Handle {
  constructor(
    private readonly path: string,
    private readonly inode: Inode | undefined,
  ) {}

  write(data: Buffer, start: number, length: number, position: number): Promise<{ bytesWritten: number }> {
    return call(this.path, (disk, fault) => {
      const bytes = fault === 'short' ? Math.max(1, Math.floor(length / 2)) : length;
      this.put(disk, data.subarray(start, start + bytes), position);
      return { bytesWritten: bytes };
    });
  }

  read(data: Buffer, start: number, length: number, position: number): Promise<{ bytesRead: number }> {
    return call(this.path, (_disk, fault) => {
      const most = fault === 'short' ? Math.max(1, Math.floor(length / 2)) : length;
      return { bytesRead: this.file.cached.copy(data, start, position, position + most) };
    });
  }

  writeFile(data: Buffer): Promise<void> {
    return call(this.path, (disk) => this.put(disk, data, 0));
  }

  appendFile(text: string): Promise<void> {
    return call(this.path, (disk) => this.put(disk, Buffer.from(text), this.file.cached.length));
  }

  truncate(size: number): Promise<void> {
    return call(this.path, () => {
      this.file.cached = Buffer.from(grown(this.file.cached, size).subarray(0, size));
      this.file.pending = this.file.pending.filter(({ offset, data }) => offset + data.length <= size);
    });
  }

  datasync(): Promise<void> {
    return this.sync();
  }

  sync(): Promise<void> {
    return call(this.path, (disk) => {
      if (this.inode === undefined) {
        disk.syncNames();
        return;
      }
      this.inode.durable = Buffer.from(this.inode.cached);
      this.inode.pending = [];
    });
  }

  stat(): Promise<ReturnType<typeof statOf>> {
    return call(this.path, () => statOf(this.file, false));
  }

  close(): Promise<void> {
    return call(this.path, () => undefined);
  }

  private get file(): Inode {
    if (this.inode === undefined) throw errno('EISDIR', this.path);
    return this.inode;
  }

  private put(disk: Disk, data: Buffer, offset: number): void {
    const { file } = this;
    file.cached = grown(file.cached, offset + data.length);
    data.copy(file.cached, offset);
    file.pending.push({ offset, data: Buffer.from(data) });
    file.mtimeMs = disk.owner.clock.nowMs;
    disk.owner.onDiskWrite(this.path, data.length);
    disk.owner.onNamed(this.path);
  }
}

/** As node:fs/promises, as far as the engine uses it. */
export const promises = {
  open: (path: string, flags?: string) => call(path, (disk) => disk.open(path, flags)),
  readFile: (path: string) =>
    call(path, (disk) => {
      const data = disk.read(path);
      if (data === undefined) throw errno('ENOENT', path);
      return data.toString('utf8');
    }),
  stat: (path: string) => call(path, (disk) => disk.stat(path)),
  lstat: (path: string) => call(path, (disk) => disk.stat(path)),
  realpath: (path: string) => call(path, () => path),
  mkdir: (path: string) => call(path, () => undefined),
  readdir: (path: string) =>
    call(path, (disk) =>
      disk
        .list()
        .filter((name) => name.startsWith(`${path}/`))
        .map((name) => name.slice(path.length + 1)),
    ),
  unlink: (path: string) => call(path, (disk) => disk.unlink(path)),
  rename: (from: string, to: string) => call(from, (disk) => disk.rename(from, to)),
};
