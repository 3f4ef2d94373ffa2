/** What a run may take of what it shares with others: its place in the queues, and how many records it moves at once. */
import { fairnessKeyOf, type RunPriority } from '../../../model/fairness';
import { MAX_WORKERS_LIMIT, type RunSettings } from '../../../model/run';

export interface WantedShare {
  /** Null: as the run was started. */
  readonly priority: number | null;
  /** Null: Temporal's default. */
  readonly fairnessWeight: number | null;
}

const NOTHING_WANTED: WantedShare = { priority: null, fairnessWeight: null };

/**
 * The settings with the run's share in them: its project is the fairness key, and `limit` (LONGHAUL_MAX_WORKERS of the worker)
 * bounds its records at once, whatever its configuration says and an operator asks for.
 */
export function withShare<S extends RunSettings>(settings: S, limit: number, wanted: WantedShare = NOTHING_WANTED): S {
  const { priority: priorityKey, fairnessWeight } = wanted;
  const priority: RunPriority = {
    fairnessKey: fairnessKeyOf(settings.project),
    ...(priorityKey === null ? {} : { priorityKey }),
    ...(fairnessWeight === null ? {} : { fairnessWeight }),
  };
  const bound = limit < MAX_WORKERS_LIMIT ? { maxWorkersLimit: limit } : {};
  return { ...settings, maxWorkers: Math.min(settings.maxWorkers, limit), ...bound, priority };
}
