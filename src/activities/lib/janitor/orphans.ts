/**
 * Whose an open upload is. It is an orphan only where a run that has ended names it: its list of staged uploads by its id, its
 * own folder by the place, or its manifest by the key, where the upload was begun while the run could have. Everything else stays.
 */
import type { Client } from '@temporalio/client';
import { LonghaulError } from '../../../model/errors';
import type { KeptReason } from '../../../model/janitor';
import type { S3Destination } from '../../../transfer';
import { RecordHistories } from './record-history';
import {
  eachNamed,
  needing,
  runFolders,
  standingOf,
  type NumberedRecord,
  type RunFolder,
  type Standing,
} from './run-folders';

export interface OpenUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiated: Date;
}

/** Clocks differ, and times are listed in whole seconds. */
const CLOCK_ALLOWANCE_MS = 5_000;
/** A worker that was frozen begins what it was about to begin, after its run has ended. */
const LATE_MS = 600_000;

/** Thousands of uploads of one run are not thousands of questions. */
const FRESH_MS = 2_000;

interface Claim {
  readonly folder: RunFolder;
  readonly standing: Standing;
  readonly by: 'staged' | 'folder' | 'manifest';
  /** Of the manifest: the record, whose workflows may know the id. */
  readonly record?: NumberedRecord;
}

export type Verdict = { readonly keep: KeptReason; readonly run?: string } | { readonly orphanOf: RunFolder };

export interface ClaimsRequest {
  readonly temporal: Client;
  readonly destination: S3Destination;
  readonly controlPrefix: string;
  /** A run that Temporal does not know has ended where it is older. */
  readonly before: Date;
  readonly signal: AbortSignal;
}

export const isDuring = ({ begunAt }: RunFolder, { initiated }: OpenUpload): boolean =>
  begunAt !== null && initiated.getTime() >= begunAt.getTime() - CLOCK_ALLOWANCE_MS;

/** Which runs name which of these uploads. Only files of runs that may have begun one of them are read. */
export class Claims {
  readonly #byId = new Map<string, Claim[]>();
  readonly #asked = new Map<string, { readonly atMs: number; readonly keeps: Promise<KeptReason | null> }>();
  readonly #uploadIds = new Set<string>();
  readonly #histories: RecordHistories;

  constructor(private readonly request: ClaimsRequest) {
    this.#histories = new RecordHistories(request.temporal, this.#uploadIds);
  }

  /** Before any of them is judged. */
  async gather(uploads: readonly OpenUpload[]): Promise<void> {
    const { destination, controlPrefix, signal } = this.request;
    const byKey = new Map<string, OpenUpload[]>();
    for (const upload of uploads) {
      byKey.set(upload.key, [...(byKey.get(upload.key) ?? []), upload]);
      this.#uploadIds.add(upload.uploadId);
    }
    await needing('s3:ListBucket on the bucket and s3:GetObject on the control prefix', async () => {
      for await (const folder of runFolders(destination, controlPrefix, null, signal)) {
        const inside = uploads.filter(({ key }) => key.startsWith(folder.root));
        if (inside.length === 0 && !uploads.some((upload) => isDuring(folder, upload))) continue;
        await this.#gatherFrom(folder, byKey, inside);
      }
    });
  }

  async #gatherFrom(
    folder: RunFolder,
    byKey: ReadonlyMap<string, readonly OpenUpload[]>,
    inside: readonly OpenUpload[],
  ): Promise<void> {
    const { temporal, destination, before, signal } = this.request;
    const found: [OpenUpload, Pick<Claim, 'by' | 'record'>][] = inside.map((upload) => [upload, { by: 'folder' }]);
    const isReadable = await eachNamed(
      destination,
      folder,
      ({ key, uploadId, record }) => {
        for (const upload of byKey.get(key) ?? []) {
          if (uploadId === upload.uploadId) found.push([upload, { by: 'staged' }]);
          else if (uploadId === undefined && isDuring(folder, upload))
            found.push([upload, { by: 'manifest', ...(record === undefined ? {} : { record }) }]);
        }
      },
      signal,
    ).then(
      () => true,
      (error: unknown) => {
        if (error instanceof LonghaulError && error.code === 'FileMalformed') return false;
        throw error;
      },
    );
    if (isReadable && found.length === 0) return;
    const standing = await standingOf(temporal, destination, folder, before, signal);
    // A run whose files cannot be read may name anything that was begun in its time.
    const unread = isReadable ? [] : [...byKey.values()].flat().filter((upload) => isDuring(folder, upload));
    for (const upload of unread) this.#add(upload, { folder, standing: { kind: 'unknown' }, by: 'manifest' });
    for (const [upload, how] of found) this.#add(upload, { folder, standing, ...how });
  }

  #add({ uploadId }: OpenUpload, claim: Claim): void {
    this.#byId.set(uploadId, [...(this.#byId.get(uploadId) ?? []), claim]);
  }

  /** Throws what Temporal answers. */
  async judge(upload: OpenUpload): Promise<Verdict> {
    const claims = this.#byId.get(upload.uploadId) ?? [];
    const certain = claims.find(({ by }) => by !== 'manifest');
    if (certain !== undefined) return verdictOn(certain);
    // Of several runs in which it may have been begun, the last one to begin knows; but none of them may go on.
    const [newest] = claims.toSorted((a, b) => timeOf(b) - timeOf(a));
    if (newest === undefined) return { keep: 'notNamed' };
    const doubtful = claims.find(({ standing }) => standing.kind !== 'closed');
    if (doubtful !== undefined) return verdictOn(doubtful);
    if (isAfter(newest, upload)) return { keep: 'notNamed' };
    if (newest.record !== undefined) {
      const { run } = newest.folder;
      const named = await this.#histories.name(run, newest.record, upload.uploadId);
      if (named === false) return { keep: 'otherUpload', run };
    }
    return verdictOn(newest);
  }

  /** Asked right before something of the run is deleted, at most some seconds ago: what keeps it now, or null. */
  async keeps(folder: RunFolder): Promise<KeptReason | null> {
    const { temporal, destination, before, signal } = this.request;
    const known = this.#asked.get(folder.root);
    if (known !== undefined && Date.now() - known.atMs < FRESH_MS) return known.keeps;
    const keeps = standingOf(temporal, destination, folder, before, signal).then(keptBy);
    this.#asked.set(folder.root, { atMs: Date.now(), keeps });
    return keeps;
  }
}

const timeOf = ({ folder }: Claim): number => folder.begunAt?.getTime() ?? 0;

const isAfter = ({ standing }: Claim, { initiated }: OpenUpload): boolean =>
  standing.kind === 'closed' && standing.endedBy !== null && initiated.getTime() > standing.endedBy.getTime() + LATE_MS;

export const keptBy = ({ kind }: Standing): KeptReason | null =>
  kind === 'closed' ? null : kind === 'open' ? 'runOpen' : 'runUnknown';

function verdictOn({ folder, standing }: Claim): Verdict {
  const keep = keptBy(standing);
  return keep === null ? { orphanOf: folder } : { keep, run: folder.run };
}
