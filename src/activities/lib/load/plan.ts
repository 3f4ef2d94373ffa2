/** What all files of a load need to know, kept in the run's plan.json: too much for the history of each. */
import type { ColumnMapping, LoadTable, StagedChunk, TargetTable } from '../../../load';
import type { RecordSettings } from '../../../model/run';
import type { ControlStore } from '../control/control-store';
import { orNull } from '../control/control-store';
import { writeStagedPage } from '../control/late-page';

export interface LoadPlan {
  /** Of the run that has written it: a run id that is used again has another. */
  readonly loadId: string;
  readonly target: TargetTable;
  /** Where chunks are copied to. */
  readonly load: LoadTable;
  /** Columns of the first file; null where files need not agree (NDJSON). */
  readonly fileColumns: readonly string[] | null;
  readonly mapping: ColumnMapping;
  /** Here, so that every attempt at a file cuts it alike: its chunks may be in the table already. */
  readonly chunkSizeBytes: number;
}

/** What one file became; the first line of its list of chunks. */
export interface StagedHead {
  readonly loadId: string;
  readonly rows: number;
  readonly bytes: number;
  readonly columns: readonly string[];
}

export interface StagedList {
  readonly head: StagedHead;
  readonly chunks: readonly StagedChunk[];
}

const PLANS_KEPT = 20;
const plans = new Map<string, LoadPlan>();

const planKey = (store: ControlStore): string => `${store.files.root}plan.json`;

export async function writePlan(store: ControlStore, plan: LoadPlan): Promise<void> {
  await store.writeJson(planKey(store), plan);
}

/** Read once by a process. @throws LonghaulError ObjectNotFound */
export async function readPlan(store: ControlStore, { load }: RecordSettings): Promise<LoadPlan> {
  const id = load?.loadId ?? '';
  const known = plans.get(id);
  if (known !== undefined) return known;
  const plan = await store.readJson<LoadPlan>(planKey(store));
  for (const oldest of plans.keys()) if (plans.size >= PLANS_KEPT) plans.delete(oldest);
  plans.set(id, plan);
  return plan;
}

/** The list is the marker of a file that is staged: written whole, when all its chunks are there. */
export async function readStaged(store: ControlStore, record: number): Promise<StagedList | null> {
  const lines = await orNull(store.readRecordPage<StagedHead | StagedChunk>('staged', record, 0));
  if (lines === null) return null;
  const [head, ...chunks] = lines as [StagedHead, ...StagedChunk[]];
  return { head, chunks };
}

export const writeStaged = (store: ControlStore, record: number, { head, chunks }: StagedList): Promise<void> =>
  writeStagedPage(store, store.files.recordPage('staged', record, 0), [head, ...chunks]);
