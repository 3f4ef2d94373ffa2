/** Clients made from a configuration: kept until the configuration changes. */
import type { JobRef } from '../../../model/run';
import type { Secret } from '../../../model/secret';
import { hideSecret } from '../../../ops/redaction';

/** A changed configuration counts for activities that start this much later: reading files for each would be waste. */
const RELOAD_MS = 5_000;

/** A configuration that has just been read, and how to make clients from it. */
export interface Loaded<T> {
  readonly config: object;
  /** Its secrets: part of what makes it another configuration, and cut from all logs by their value. */
  readonly secrets: readonly (Secret | null)[];
  readonly create: () => T;
}

interface Kept<T> {
  readonly tools: T;
  readonly fingerprint: string;
  loadedAtMs: number;
}

export class KeptTools<T> {
  private readonly kept = new Map<string, Kept<T>>();

  /** `load` may be called for each activity after some seconds; `create` only where something has changed. */
  constructor(private readonly load: (ref: JobRef) => Loaded<T>) {}

  /** @throws whatever `load` throws, as long as it does */
  get(ref: JobRef): T {
    const id = JSON.stringify([ref.job, ref.project, ref.set ?? {}]);
    const known = this.kept.get(id);
    if (known !== undefined && Date.now() - known.loadedAtMs < RELOAD_MS) return known.tools;
    const { config, secrets, create } = this.load(ref);
    const values = secrets.flatMap((secret) => (secret === null ? [] : [secret.reveal()]));
    // Equal for equal configurations; the secrets never leave the process.
    const fingerprint = JSON.stringify([config, values]);
    if (known?.fingerprint === fingerprint) {
      known.loadedAtMs = Date.now();
      return known.tools;
    }
    // Patterns cannot know every key: what is configured is cut from logs by its value.
    for (const secret of secrets) if (secret !== null) hideSecret(secret);
    const tools = create();
    this.kept.set(id, { tools, fingerprint, loadedAtMs: Date.now() });
    return tools;
  }
}
