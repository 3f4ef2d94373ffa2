/** What the workflow `cleanUp` may ask of activities: types alone. */
import type { JanitorOrder, Swept } from '../model/janitor';
import type { JobRef } from '../model/run';

/** What there is to look at, in this order: old uploads are known by the files of runs, so these are the last to go. */
export type JanitorStep =
  | { readonly kind: 'uploads'; readonly ref: JobRef; readonly prefix: string; readonly controlPrefix: string }
  | { readonly kind: 'staging'; readonly ref: JobRef }
  | {
      readonly kind: 'runs';
      readonly ref: JobRef;
      readonly prefixes: readonly string[];
      readonly controlPrefix: string;
    }
  | { readonly kind: 'temporaries'; readonly bucket: string };

export interface Survey {
  /** `s3://bucket/prefix/` */
  readonly place: string;
  readonly steps: readonly JanitorStep[];
}

export interface SweepArgs<K extends JanitorStep['kind']> {
  readonly order: JanitorOrder;
  readonly step: Extract<JanitorStep, { readonly kind: K }>;
  /** The last key that has been seen to; null: from the beginning. */
  readonly after: string | null;
}

export interface SweptPage extends Swept {
  /** Null where nothing is left. */
  readonly next: string | null;
}

/** Queue `longhaul-api`. Each sweep sees to one page and can be repeated. */
export interface JanitorActivities {
  /** Which prefixes of which bucket the configuration says are ours. */
  surveyPlace(args: { readonly order: JanitorOrder }): Promise<Survey>;
  /** Open uploads that were begun by runs that have ended. */
  sweepUploads(args: SweepArgs<'uploads'>): Promise<SweptPage>;
  /** Lists of uploads, and manifests, ledgers and reports by retention. */
  sweepRuns(args: SweepArgs<'runs'>): Promise<SweptPage>;
  /** Staging folders of loads. */
  sweepStaging(args: SweepArgs<'staging'>): Promise<SweptPage>;
  /** Temporary objects and uploads of events in Google Cloud Storage. */
  sweepTemporaries(args: SweepArgs<'temporaries'>): Promise<SweptPage>;
}
