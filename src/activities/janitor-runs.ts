/**
 * The janitor and the files of runs: lists of uploads that a terminated run never came to remove, and manifests, ledgers and
 * reports after their retention. Never of a run that goes on, that `_SUCCESS` names, or whose uploads may still be open; and
 * only files of the names that runs give, so never the `state/` of ingests.
 */
import { DAY_MS, type KeptReason } from '../model/janitor';
import { deleteKeys, getSmall, retry, type S3Destination } from '../transfer';
import type { Dependencies } from './dependencies';
import type { JanitorActivities } from './janitor-types';
import { orNull } from './lib/control/control-store';
import { storeOf } from './lib/janitor/store';
import { isDuring, keptBy, type OpenUpload } from './lib/janitor/orphans';
import { resumable } from './lib/attempt/resumable';
import {
  isStaged,
  needing,
  runFolders,
  standingOf,
  type RunFile,
  type RunFolder,
  type Standing,
} from './lib/janitor/run-folders';
import { Sweep } from './lib/janitor/sweep';

/** A page of work: a listing each thousand files, and a question to Temporal each run that has something to delete. */
const PAGE_RUNS = 200;
const PAGE_FILES = 20_000;

/** What runs of any job write into their folder; the head of src/activities/lib/control/run-files.ts. */
const NAMES = /^(run\.json|plan\.json|ledger\.ndjson|report\.(json|txt|html)|(manifest|staged|ledger|rejects)\/[^/]+)$/;

/** What ingests remember of URLs (src/ingest/state.ts): no run, and not worth a word each time. */
const STATE_FOLDER = 'state';

interface Tools {
  readonly dependencies: Dependencies;
  readonly destination: S3Destination;
  readonly sweep: Sweep;
  /** Open in any of our prefixes, of anybody. */
  readonly uploads: readonly OpenUpload[];
  readonly retainedSince: Date | null;
  readonly signal: AbortSignal;
}

export function createJanitorRunActivities(dependencies: Dependencies): Pick<JanitorActivities, 'sweepRuns'> {
  return {
    sweepRuns: ({ order, step, after }) =>
      resumable({}, async (control) => {
        const { signal } = control;
        const { ref, prefixes, controlPrefix } = step;
        const destination = storeOf(dependencies, ref);
        const sweep = new Sweep(order, dependencies.logger, control, 'run');
        const uploads = await openUploads(destination, prefixes, signal);
        const { retentionDays } = order;
        const retainedSince = retentionDays === null ? null : new Date(Date.now() - retentionDays * DAY_MS);
        const tools: Tools = { dependencies, destination, sweep, uploads, retainedSince, signal };
        let [runs, files, last] = [0, 0, after];
        const isFull = (): boolean => runs >= PAGE_RUNS || files >= PAGE_FILES;
        const folders = runFolders(destination, controlPrefix, after, signal)[Symbol.asyncIterator]();
        for (;;) {
          const { value: folder, done } = await needing('s3:ListBucket on the bucket', () => folders.next());
          if (done === true || isFull()) {
            sweep.looked(0, runs);
            return sweep.result(done === true ? null : last);
          }
          await sweepRun(tools, folder);
          runs += 1;
          files += folder.files.length;
          last = folder.files.at(-1)?.key ?? last;
        }
      }),
  };
}

const openUploads = (
  destination: S3Destination,
  prefixes: readonly string[],
  signal: AbortSignal,
): Promise<OpenUpload[]> =>
  needing('s3:ListBucketMultipartUploads on the bucket', async () => {
    const uploads: OpenUpload[] = [];
    for (const prefix of prefixes) {
      for await (const upload of destination.listUploads(prefix, signal)) uploads.push(upload);
    }
    return uploads;
  });

async function sweepRun(tools: Tools, folder: RunFolder): Promise<void> {
  const { dependencies, destination, sweep, signal, retainedSince } = tools;
  const { run, root, files, begunAt, touchedAt } = folder;
  if (run === STATE_FOLDER && begunAt === null) return;
  const isExpired = retainedSince !== null && touchedAt < retainedSince;
  const staged = files.filter((file) => isStaged(folder, file));
  const hasOldLists = staged.length > 0 && touchedAt < sweep.before;
  if (!isExpired && !hasOldLists) return;
  const kind = isExpired ? 'run' : 'staged';
  const what = destination.display(isExpired ? root : `${root}staged/`);
  const found = { kind, what, since: touchedAt.toISOString(), run } as const;
  const standing = await standingOf(dependencies.temporal, destination, folder, sweep.before, signal);
  const keep = await reasonToKeep(tools, folder, standing, isExpired);
  if (keep !== null) {
    sweep.keep(found, keep);
    return;
  }
  const doomed = isExpired ? files.filter(({ key }) => NAMES.test(key.slice(root.length))) : staged;
  await sweep.remove(found, () =>
    needing('s3:DeleteObject on the control prefix', async () => {
      // Time has passed: it may have been started again under its old name.
      const again = await standingOf(dependencies.temporal, destination, folder, sweep.before, signal);
      return (await reasonToKeep(tools, folder, again, isExpired)) ?? removeFiles(tools, folder, doomed);
    }),
  );
}

async function reasonToKeep(
  tools: Tools,
  folder: RunFolder,
  standing: Standing,
  isExpired: boolean,
): Promise<KeptReason | null> {
  const keep = keptBy(standing);
  if (keep !== null || standing.kind !== 'closed') return keep;
  if (standing.isFollowed) return 'runOpen';
  if (isExpired && (await isNamedBySuccess(tools, folder, standing.head.targetPrefix))) return 'namedBySuccess';
  const { root, files } = folder;
  // A run that has reported its end has taken back what it began, or has told that it could not.
  const hasReported = files.some(({ key }) => key === `${root}report.json`);
  const hasStaged = files.some((file) => isStaged(folder, file));
  const limit = standing.endedBy?.getTime() ?? Infinity;
  const isOpen = tools.uploads.some(
    (upload) => isDuring(folder, upload) && upload.initiated.getTime() <= limit + DAY_MS,
  );
  return isOpen && (!hasReported || hasStaged) ? 'hasUploads' : null;
}

/** A marker that cannot be read names whatever it likes. */
async function isNamedBySuccess(
  { destination, signal }: Tools,
  { run }: RunFolder,
  targetPrefix: string,
): Promise<boolean> {
  const key = targetPrefix === '' ? '_SUCCESS' : `${targetPrefix}/_SUCCESS`;
  const text = await needing('s3:GetObject on the target prefix', () => orNull(getSmall(destination, key, { signal })));
  if (text === null) return false;
  try {
    const { run: named } = JSON.parse(text.toString()) as { readonly run?: unknown };
    return typeof named !== 'string' || named === run;
  } catch {
    return true;
  }
}

/** run.json goes last: what is left of an interrupted removal still says whose it is. */
async function removeFiles(
  { destination, sweep, signal }: Tools,
  { root }: RunFolder,
  files: readonly RunFile[],
): Promise<number> {
  const head = `${root}run.json`;
  const [first] = files;
  if (first === undefined) return 0;
  const stat = await retry({ signal }, () => destination.stat(first.key, signal));
  const { versionId = 'null' } = stat ?? {};
  sweep.isVersioned ||= versionId !== 'null';
  const keys = files.map(({ key }) => key);
  const others = keys.filter((key) => key !== head);
  const deleted = others.length === 0 ? 0 : await deleteKeys(destination, others, signal);
  return keys.includes(head) ? deleted + (await deleteKeys(destination, [head], signal)) : deleted;
}
