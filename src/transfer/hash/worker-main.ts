/**
 * What runs in a hashing thread. The function is handed to the thread as text, so that it works the same compiled and under
 * a transforming test runner: it may use its parameters and globals alone, nothing of this module.
 */
import type * as Crypto from 'node:crypto';
import type * as Fs from 'node:fs';
import type * as Os from 'node:os';
import type * as Threads from 'node:worker_threads';
import type * as Zlib from 'node:zlib';

export type HashAlgorithm = 'md5' | 'sha256' | 'crc32';

export interface HashTask {
  readonly id: number;
  readonly path: string;
  readonly algorithm: HashAlgorithm;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

export type ToWorker = { readonly task: HashTask } | { readonly cancel: number };

export type FromWorker =
  | { readonly id: number; readonly kind: 'progress'; readonly bytes: number }
  /** `bytes` are fewer than asked for where the file ended. `hex` of a crc32 is eight digits. */
  | { readonly id: number; readonly kind: 'done'; readonly bytes: number; readonly hex: string }
  | { readonly id: number; readonly kind: 'failed'; readonly errno: string | undefined; readonly text: string };

/**
 * Takes turns between its tasks, a slice each: mostly the one with the least left, so that a small file never waits for a
 * large one and equal files end one after the other, while what follows them gets ready; and each fourth turn the oldest,
 * so that a large file goes on however many small ones come.
 */
export function hashWorkerMain(
  threads: typeof Threads,
  crypto: typeof Crypto,
  fs: typeof Fs,
  zlib: typeof Zlib,
  os: typeof Os,
): void {
  interface Running {
    readonly task: HashTask;
    readonly fd: number;
    readonly update: (block: Buffer) => void;
    readonly digest: () => string;
    hashed: number;
    told: number;
  }
  // Large enough to cost few calls, small enough that its bytes are still in the processor's cache when they are hashed.
  const block = Buffer.allocUnsafeSlow(512 * 1024);
  const blocksPerTurn = 8;
  const progressBytes = 16 * 1024 * 1024;
  const running: Running[] = [];
  const oldestEach = 4;
  let turns = 0;
  let isScheduled = false;
  // On Linux this is of the calling thread alone: on few cores the loop that heartbeats goes first.
  if (process.platform === 'linux') os.setPriority(0, 5);
  const port = threads.parentPort;
  const post = (message: FromWorker): void => port?.postMessage(message);

  const start = (task: HashTask): void => {
    const fd = fs.openSync(task.path, 'r');
    if (task.algorithm === 'crc32') {
      let crc = 0;
      const update = (data: Buffer): void => void (crc = zlib.crc32(data, crc));
      const digest = (): string => crc.toString(16).padStart(8, '0');
      running.push({ task, fd, update, digest, hashed: 0, told: 0 });
    } else {
      const hash = crypto.createHash(task.algorithm);
      running.push({
        task,
        fd,
        update: (data) => void hash.update(data),
        digest: () => hash.digest('hex'),
        hashed: 0,
        told: 0,
      });
    }
  };

  const turn = (each: Running): boolean => {
    const { task, fd } = each;
    for (let count = 0; count < blocksPerTurn; count += 1) {
      const wanted = Math.min(block.length, task.lengthBytes - each.hashed);
      const read = wanted === 0 ? 0 : fs.readSync(fd, block, 0, wanted, task.offsetBytes + each.hashed);
      if (read === 0) {
        post({ id: task.id, kind: 'done', bytes: each.hashed, hex: each.digest() });
        return false;
      }
      each.update(block.subarray(0, read));
      each.hashed += read;
    }
    if (each.hashed - each.told >= progressBytes) {
      each.told = each.hashed;
      post({ id: task.id, kind: 'progress', bytes: each.hashed });
    }
    return true;
  };

  const fail = (id: number, error: unknown): void => {
    const { code, message } = error as { code?: string; message?: string };
    post({ id, kind: 'failed', errno: code, text: message ?? String(error) });
  };

  const leftOf = ({ task, hashed }: Running): number => task.lengthBytes - hashed;
  const next = (): Running | undefined => {
    turns += 1;
    const [oldest] = running;
    if (oldest === undefined || turns % oldestEach === 0) return oldest;
    return running.reduce((least, each) => (leftOf(each) < leftOf(least) ? each : least), oldest);
  };

  const work = (): void => {
    isScheduled = false;
    const each = next();
    if (each === undefined) return;
    let goesOn = false;
    try {
      goesOn = turn(each);
    } catch (error) {
      fail(each.task.id, error);
    }
    if (!goesOn) {
      running.splice(running.indexOf(each), 1);
      fs.closeSync(each.fd);
    }
    schedule();
  };

  // By setImmediate, so that messages are taken between two turns.
  const schedule = (): void => {
    if (isScheduled || running.length === 0) return;
    isScheduled = true;
    setImmediate(work);
  };

  port?.on('message', (message: ToWorker) => {
    if ('cancel' in message) {
      const index = running.findIndex(({ task }) => task.id === message.cancel);
      const [stopped] = index < 0 ? [] : running.splice(index, 1);
      if (stopped !== undefined) fs.closeSync(stopped.fd);
      return;
    }
    try {
      start(message.task);
      schedule();
    } catch (error) {
      fail(message.task.id, error);
    }
  });
}
