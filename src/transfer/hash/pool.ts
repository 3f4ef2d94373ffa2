/**
 * Threads that read files and hash them, so that the main loop, which heartbeats and moves bytes, never waits for a hash.
 * Jobs take turns: of each file one range after the other is given to the least busy thread.
 */
import { cpus } from 'node:os';
import { Worker } from 'node:worker_threads';
import { LonghaulError } from '../../model/errors';
import { mapLocalError } from '../file/local-errors';
import { asError } from '../lib/abort';
import { hashWorkerMain, type FromWorker, type HashAlgorithm, type HashTask, type ToWorker } from './worker-main';

export interface HashRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

export interface HashRequest {
  readonly path: string;
  readonly algorithm: HashAlgorithm;
  /** One digest each, in this order, computed in parallel. */
  readonly ranges: readonly HashRange[];
  readonly signal: AbortSignal;
  /** Bytes of this request hashed so far; at least every 16 MiB of each range. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

export interface RangeDigest {
  /** Lower-case hex. */
  readonly hex: string;
  /** Fewer than asked for where the file ended before. */
  readonly bytes: number;
}

export interface HashPool {
  readonly threads: number;
  /** Throws errors of the table for what the disk says, Internal after `close()`, or the signal's reason. */
  digests(request: HashRequest): Promise<RangeDigest[]>;
  /** Ends the threads; what is being hashed is rejected. May be called again. */
  close(): Promise<void>;
}

export interface HashPoolOptions {
  /** Default: as many as cores, at least 2 and at most 4. */
  readonly threads?: number;
}

/** Per thread: a few small files go on beside a large one. */
const TASKS_PER_THREAD = 4;

const MODULES = ['worker_threads', 'crypto', 'fs', 'zlib', 'os'].map((name) => `require('node:${name}')`);
const SOURCE = `(${hashWorkerMain.toString()})(${MODULES.join()})`;

interface Job {
  readonly request: HashRequest;
  next: number;
  left: number;
  readonly done: RangeDigest[];
  readonly progress: number[];
  readonly resolve: (digests: RangeDigest[]) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly tasks: Map<number, { readonly job: Job; readonly index: number }>;
}

/** Threads start when first needed, and an idle pool never keeps the process alive. */
export function createHashPool(options: HashPoolOptions = {}): HashPool {
  return new ThreadPool(Math.max(1, options.threads ?? Math.min(4, Math.max(2, cpus().length))));
}

class ThreadPool implements HashPool {
  private readonly running = new Set<Thread>();
  /** With ranges that no thread has yet; taken in turns. */
  private readonly waiting: Job[] = [];
  private lastId = 0;
  private isClosed = false;

  constructor(readonly threads: number) {}

  async digests(request: HashRequest): Promise<RangeDigest[]> {
    const { signal, ranges } = request;
    signal.throwIfAborted();
    if (ranges.length === 0) return [];
    let onAbort = (): void => undefined;
    try {
      return await new Promise<RangeDigest[]>((resolve, reject) => {
        if (this.isClosed) throw closed();
        const job: Job = { request, next: 0, left: ranges.length, done: [], progress: [], resolve, reject };
        onAbort = (): void => this.drop(job, asError(signal.reason));
        signal.addEventListener('abort', onAbort, { once: true });
        this.waiting.push(job);
        this.dispatch();
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const job of this.jobs()) this.drop(job, closed());
    await Promise.all([...this.running].map(({ worker }) => worker.terminate()));
  }

  private jobs(): Set<Job> {
    const busy = [...this.running].flatMap(({ tasks }) => [...tasks.values()].map(({ job }) => job));
    return new Set([...this.waiting, ...busy]);
  }

  private dispatch(): void {
    for (let job = this.waiting[0]; job !== undefined; job = this.waiting[0]) {
      const thread = this.freeThread();
      if (thread === undefined) return;
      this.waiting.shift();
      const index = job.next;
      job.next += 1;
      const range = job.request.ranges[index];
      if (range === undefined) continue;
      if (job.next < job.request.ranges.length) this.waiting.push(job);
      this.lastId += 1;
      const { path, algorithm } = job.request;
      const task: HashTask = { id: this.lastId, path, algorithm, ...range };
      thread.tasks.set(task.id, { job, index });
      // Only work holds the process; an idle thread must not.
      thread.worker.ref();
      send(thread, { task });
    }
  }

  private freeThread(): Thread | undefined {
    const least = [...this.running].sort((a, b) => a.tasks.size - b.tasks.size)[0];
    if (least !== undefined && least.tasks.size === 0) return least;
    if (this.running.size < this.threads) return this.start();
    return least !== undefined && least.tasks.size < TASKS_PER_THREAD ? least : undefined;
  }

  private start(): Thread {
    const thread: Thread = { worker: new Worker(SOURCE, { eval: true, name: 'longhaul-hash' }), tasks: new Map() };
    thread.worker.on('message', (message: FromWorker) => this.take(thread, message));
    thread.worker.on('error', (error) => this.lose(thread, error));
    thread.worker.on('exit', () => this.lose(thread, new Error('the thread has ended')));
    this.running.add(thread);
    return thread;
  }

  private take(thread: Thread, message: FromWorker): void {
    const found = thread.tasks.get(message.id);
    // Cancelled meanwhile.
    if (found === undefined) return;
    const { job, index } = found;
    if (message.kind === 'failed') {
      const cause = Object.assign(new Error(message.text), message.errno === undefined ? {} : { code: message.errno });
      this.drop(job, mapLocalError(cause, `Hashing ${job.request.path}`));
      return;
    }
    job.progress[index] = message.bytes;
    job.request.onProgress?.(job.progress.reduce((sum, bytes) => sum + bytes, 0));
    if (message.kind === 'progress') return;
    job.done[index] = { hex: message.hex, bytes: message.bytes };
    job.left -= 1;
    this.finish(thread, message.id);
    if (job.left === 0) job.resolve(job.done);
    this.dispatch();
  }

  private finish(thread: Thread, id: number): void {
    thread.tasks.delete(id);
    if (thread.tasks.size === 0) thread.worker.unref();
  }

  private drop(job: Job, error: Error): void {
    const index = this.waiting.indexOf(job);
    if (index >= 0) this.waiting.splice(index, 1);
    for (const thread of this.running) {
      for (const [id, task] of thread.tasks) {
        if (task.job !== job) continue;
        send(thread, { cancel: id });
        this.finish(thread, id);
      }
    }
    job.reject(error);
    this.dispatch();
  }

  private lose(thread: Thread, error: Error): void {
    if (!this.running.delete(thread)) return;
    for (const { job } of thread.tasks.values()) {
      const { path } = job.request;
      this.drop(job, new LonghaulError('Internal', `Hashing ${path} failed: ${error.message}`, {}, { cause: error }));
    }
  }
}

const send = ({ worker }: Thread, message: ToWorker): void => worker.postMessage(message);

const closed = (): LonghaulError => new LonghaulError('Internal', 'The hash pool has been closed');
