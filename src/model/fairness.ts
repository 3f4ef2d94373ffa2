/** How the tasks of a run stand against those of others in Temporal's task queues (docs/decisions/0028). Pure. */

/** Temporal's own form: https://docs.temporal.io/develop/task-queue-priority-fairness */
export interface RunPriority {
  /** Who the tasks are for: where several wait, each key gets its share. */
  readonly fairnessKey: string;
  /** 1 is served first, 5 last. Absent: as the run was started, else 3. */
  readonly priorityKey?: number;
  /** A key of weight 2 gets twice the share of one of weight 1, the default. */
  readonly fairnessWeight?: number;
}

export const PRIORITY_RANGE = { min: 1, max: 5 } as const;
export const FAIRNESS_WEIGHT_RANGE = { min: 0.001, max: 1000 } as const;

/** Temporal refuses a longer one, and with it the start of the run. */
const MAX_KEY_BYTES = 64;

/** Workflow code has no Buffer. A lone surrogate cannot be encoded: it counts as the three bytes that stand for it. */
const utf8Bytes = (character: string): number => {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
};

/** The key of a project: its name, cut where it is longer than a key may be. */
export function fairnessKeyOf(project: string): string {
  let bytes = 0;
  let key = '';
  for (const character of project) {
    bytes += utf8Bytes(character);
    if (bytes > MAX_KEY_BYTES) break;
    key += character;
  }
  return key;
}
