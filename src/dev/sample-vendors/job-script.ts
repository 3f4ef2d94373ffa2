/** The jobs of a sample vendor: each tells the words of its script, one per poll; the last one stays. */
import { randomUUID } from 'node:crypto';

export interface SampleJob {
  readonly id: string;
  /** What it was asked for. */
  readonly request: unknown;
  status: string;
}

export class JobScript {
  readonly #jobs = new Map<string, SampleJob & { words: string[] }>();
  #next: readonly string[] | undefined;

  constructor(private readonly usual: readonly string[]) {}

  /** Words of the next job alone. */
  script(words: readonly string[]): void {
    this.#next = words;
  }

  create(request: unknown, id: string = randomUUID()): SampleJob {
    const [first = '', ...words] = this.#next ?? this.usual;
    this.#next = undefined;
    const job = { id, request, status: first, words: [first, ...words] };
    this.#jobs.set(id, job);
    return job;
  }

  get all(): readonly SampleJob[] {
    return [...this.#jobs.values()];
  }

  get(id: string): SampleJob | undefined {
    return this.#jobs.get(id);
  }

  /** Moves it on by one word. */
  poll(id: string): SampleJob | undefined {
    const job = this.#jobs.get(id);
    if (job !== undefined) job.status = job.words.shift() ?? job.status;
    return job;
  }

  /** Ends it now. */
  end(id: string, status: string): void {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new Error(`There is no job ${id}`);
    job.words = [];
    job.status = status;
  }
}
