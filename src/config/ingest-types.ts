/** The configuration of `ingestUrls`: JobConfig, and what is its own. */
import type { OnCollision } from '../model/ingest-run';
import type { JobConfig } from './types';

/** One rule of the file names: a URL that holds `match`, in any case, gives a file called `name`. */
export interface FileNameRule {
  readonly match: string;
  readonly name: string;
}

export interface IngestConfig extends JobConfig {
  readonly ingest: {
    /** Key of the list of files, in the target bucket. */
    readonly parametersKey: string;
    /** In order: the first that matches wins. */
    readonly fileNames: readonly FileNameRule[];
    /** Null: what the source declares. */
    readonly contentType: string | null;
    readonly onCollision: OnCollision;
    readonly skipUnchanged: boolean;
    readonly httpChunkBytes: number;
    /** The variables that `headers_env` may name; null: any but the worker's own. */
    readonly headerVariables: readonly string[] | null;
  };
}
