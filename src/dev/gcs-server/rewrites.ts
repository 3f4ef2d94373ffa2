/** Rewrites that take several calls: what a token stands for. copies.ts answers the calls. */
import { randomBytes } from 'node:crypto';
import { GcsError, badRequest } from './answers';

interface Rewrite {
  /** What the calls of one rewrite must have in common. */
  readonly identity: string;
  doneBytes: number;
}

/** Rewrites that are under way, by their tokens. */
export class Rewrites {
  readonly #open = new Map<string, Rewrite>();

  constructor(readonly bytesPerCall: number | undefined) {}

  begin(identity: string): { token: string; rewrite: Rewrite } {
    const token = randomBytes(18).toString('base64url');
    const rewrite = { identity, doneBytes: 0 };
    this.#open.set(token, rewrite);
    return { token, rewrite };
  }

  /** Throws 410 for a token that is not known (any more), 400 for one of another rewrite. */
  resume(token: string, identity: string): { token: string; rewrite: Rewrite } {
    const rewrite = this.#open.get(token);
    if (rewrite === undefined) throw new GcsError(410, 'gone', 'The rewrite token has expired.');
    if (rewrite.identity !== identity) throw badRequest('The rewrite token is of another rewrite.');
    return { token, rewrite };
  }

  end(token: string): void {
    this.#open.delete(token);
  }

  /** A rewrite that was begun must be begun again: 410. */
  forget(): void {
    this.#open.clear();
  }
}
