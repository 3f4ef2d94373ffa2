/**
 * Resumable upload sessions: https://cloud.google.com/storage/docs/resumable-uploads. The server keeps what it has
 * received in whole multiples of 256 KiB; only the last bytes of all may be less. Nothing is visible before the end.
 */
import { randomBytes } from 'node:crypto';
import type { Piece } from './content';
import { Hasher, type ExpectedHashes } from './hashes';
import type { Target } from './publish';
import type { ObjectStore } from './store';
import type { GcsEditable, GcsObject } from './types';

export const QUANTUM_BYTES = 256 * 1024;

export interface Session {
  readonly id: string;
  readonly target: Target;
  readonly fields: GcsEditable;
  /** From the metadata that began it. */
  readonly expected: ExpectedHashes;
  /** The whole size, once somebody has said it. */
  totalBytes: number | null;
  readonly piece: Piece;
  readonly hasher: Hasher;
  /** The object, once it is made. */
  finished: GcsObject | null;
  /** Ends the request that is sending now: a client that comes back must not wait for its own dead connection. */
  interrupt: (() => Promise<void>) | null;
}

export class Sessions {
  readonly #open = new Map<string, Session>();
  readonly #gone = new Map<string, 404 | 410>();

  constructor(private readonly store: ObjectStore) {}

  begin(target: Target, fields: GcsEditable, expected: ExpectedHashes, totalBytes: number | null): Session {
    const session: Session = {
      id: randomBytes(24).toString('base64url'),
      target,
      fields,
      expected,
      totalBytes,
      piece: this.store.pieces.create(),
      hasher: new Hasher(),
      finished: null,
      interrupt: null,
    };
    this.#open.set(session.id, session);
    return session;
  }

  /** The session, or the status that says that there is none (any more). */
  find(id: string): Session | 404 | 410 {
    return this.#open.get(id) ?? this.#gone.get(id) ?? 404;
  }

  /** Gives the session up, with its bytes where they are no object's. */
  async lose(session: Session, status: 404 | 410): Promise<void> {
    if (!this.#open.delete(session.id)) return;
    this.#gone.set(session.id, status);
    if (session.finished === null) await session.piece.release();
  }

  /** Those that are not finished. */
  unfinished(): Session[] {
    return [...this.#open.values()].filter(({ finished }) => finished === null);
  }
}
