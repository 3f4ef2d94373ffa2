/** The folders that runs keep below a control prefix, as the janitor finds them: whose they are, and what they name. */
import type { Client } from '@temporalio/client';
import { LonghaulError } from '../../../model/errors';
import type { ManifestRecord, StagedLine } from '../../../model/records';
import type { RunSettings } from '../../../model/run';
import { getSmall, listPrefix, type S3Destination } from '../../../transfer';
import { orNull, type PrefixObject } from '../control/control-store';
import { stateOfRun, type RunOwner } from '../control/run-owner';
import { fromNdjson, jsonIn } from '../control/run-files';

export interface RunFile {
  readonly key: string;
  readonly modifiedAt: Date;
}

export interface RunFolder {
  readonly run: string;
  /** Ends in `/`. */
  readonly root: string;
  readonly files: readonly RunFile[];
  /** When its run.json was written, which is before it begins its first upload; null: nobody says whose it is. */
  readonly begunAt: Date | null;
  /** When anything in it was written last. */
  readonly touchedAt: Date;
}

/** One after the other, each whole; keys of one folder follow each other. `after`: a key of the last folder that was seen to. */
export async function* runFolders(
  { client, bucket }: S3Destination,
  controlPrefix: string,
  after: string | null,
  signal: AbortSignal,
): AsyncGenerator<RunFolder, void> {
  const prefix = `${controlPrefix}/`;
  const startAfter = after ?? undefined;
  let files: RunFile[] = [];
  let run = '';
  for await (const { key, modifiedAt = new Date() } of listPrefix({
    client,
    bucket,
    prefix,
    startAfter,
    side: 'destination',
    signal,
  })) {
    const [name = '', ...rest] = key.slice(prefix.length).split('/');
    if (rest.length === 0) continue;
    if (name !== run && files.length > 0) yield folderOf(prefix, run, files);
    if (name !== run) files = [];
    run = name;
    files.push({ key, modifiedAt });
  }
  if (files.length > 0) yield folderOf(prefix, run, files);
}

function folderOf(prefix: string, run: string, files: readonly RunFile[]): RunFolder {
  const root = `${prefix}${run}/`;
  const begunAt = files.find(({ key }) => key === `${root}run.json`)?.modifiedAt ?? null;
  const touchedAt = new Date(Math.max(...files.map(({ modifiedAt }) => modifiedAt.getTime())));
  return { run, root, files, begunAt, touchedAt };
}

/** Of run.json, as far as it is read. */
export interface RunHead extends Pick<RunSettings, 'targetPrefix'> {
  readonly owner: RunOwner;
}

/** `unknown`: it cannot be told, so nothing of it is touched. */
export type Standing =
  | { readonly kind: 'open' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'closed'; readonly head: RunHead; readonly endedBy: Date | null; readonly isFollowed: boolean };

/** Null where the file does not say whose run it is: of another kind, or of a version that did not write it. */
async function readHead(destination: S3Destination, root: string, signal: AbortSignal): Promise<RunHead | null> {
  const key = `${root}run.json`;
  const text = await orNull(getSmall(destination, key, { signal }));
  if (text === null) return null;
  const { owner, targetPrefix } = (jsonOrNull(text.toString(), key) ?? {}) as {
    readonly owner?: Partial<RunOwner>;
    readonly targetPrefix?: unknown;
  };
  const { namespace, workflowId, temporalRunId } = owner ?? {};
  const texts = [namespace, workflowId, temporalRunId];
  if (!texts.every((each) => typeof each === 'string' && each !== '') || typeof targetPrefix !== 'string') return null;
  return { owner: owner as RunOwner, targetPrefix };
}

function jsonOrNull(text: string, key: string): unknown {
  try {
    return jsonIn(text, key, 1);
  } catch {
    return null;
  }
}

/** @param forgottenBefore a run that Temporal does not know any more has ended, where it is older than this. */
export async function standingOf(
  temporal: Client,
  destination: S3Destination,
  { root, begunAt }: RunFolder,
  forgottenBefore: Date,
  signal: AbortSignal,
): Promise<Standing> {
  const head = begunAt === null ? null : await readHead(destination, root, signal);
  if (head === null || begunAt === null || head.owner.namespace !== temporal.options.namespace)
    return { kind: 'unknown' };
  const state = await stateOfRun(temporal, head.owner);
  switch (state.kind) {
    case 'open':
      return state;
    case 'closed':
      return { ...state, head };
    case 'forgotten':
      return begunAt < forgottenBefore
        ? { kind: 'closed', head, endedBy: null, isFollowed: false }
        : { kind: 'unknown' };
  }
}

/** A record by its number and that of its manifest page. */
export interface NumberedRecord {
  readonly n: number;
  readonly page: number;
}

/** An upload that a run's files name: with its id, or by its key alone. */
export interface NamedUpload {
  readonly key: string;
  readonly uploadId?: string;
  /** Of a URL: its batch, or the record's own workflow, may know the id. */
  readonly record?: NumberedRecord;
}

export const isStaged = ({ root }: RunFolder, { key }: RunFile): boolean => key.startsWith(`${root}staged/`);

/** Calls `onNamed` for every upload that the run may have begun, a page in memory at a time. Throws FileMalformed. */
export async function eachNamed(
  destination: S3Destination,
  folder: RunFolder,
  onNamed: (upload: NamedUpload) => void,
  signal: AbortSignal,
): Promise<void> {
  const { root, files } = folder;
  const lines = async <T>(key: string): Promise<T[]> => {
    const text = await orNull(getSmall(destination, key, { signal }));
    return text === null ? [] : fromNdjson<T>(text.toString(), destination.display(key));
  };
  for (const file of files) {
    const { key } = file;
    if (!key.endsWith('.ndjson')) continue;
    if (isStaged(folder, file)) {
      for (const line of await lines<StagedLine>(key)) {
        if (!('line' in line) || line.uploadId === undefined) continue;
        onNamed({ key: line.line.key, uploadId: line.uploadId });
      }
    } else if (key.startsWith(`${root}manifest/page-`)) {
      const page = Number.parseInt(key.slice(`${root}manifest/page-`.length), 10);
      for (const { kind, key: named, n } of await lines<ManifestRecord>(key))
        if (kind === 'url') onNamed({ key: named, record: { n, page } });
    } else if (key.startsWith(`${root}manifest/record-`)) {
      for (const object of await lines<PrefixObject>(key)) onNamed({ key: object.key });
    }
  }
}

/** With the right that is missing, in words of IAM, where the store refuses. */
export async function needing<T>(right: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Of many deletions in one request each has its own answer.
    const isRefused =
      error instanceof LonghaulError && (error.code === 'AccessDenied' || error.message.endsWith('AccessDenied'));
    if (!isRefused) throw error;
    const message = `${error.message}: the janitor needs ${right}`;
    throw new LonghaulError('AccessDenied', message, error.context, { cause: error });
  }
}
