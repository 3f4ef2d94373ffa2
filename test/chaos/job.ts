/** One run among others: how it is started, and what must be true of it when all is over. */
import type { Seeded } from '../support/seeded';
import type { World } from './world';

export interface JobContext {
  readonly world: World;
  readonly random: Seeded;
  /** Unlike any other job's, and fit for ids and keys: `export-7`. */
  readonly name: string;
  /** No more waiting: what runs now counts as lost. */
  readonly isGivenUp: () => boolean;
}

export interface StartedJob {
  readonly name: string;
  /** Resolves when its runs have ended, however; a sentence for the reader. */
  readonly over: Promise<string>;
  /** Asked when all servers are up and nothing goes wrong any more: what was lost or left; nothing where all is right. */
  check(): Promise<JobBooks>;
}

export interface JobBooks {
  readonly problems: readonly string[];
  /** Objects, files or tables that were compared with their source. */
  readonly compared: number;
  readonly bytes: number;
}
