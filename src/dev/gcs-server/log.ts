/** What was asked of the double: counts of all, and the last requests one by one. */
import type { GcsOperation } from './route';

export interface LoggedRequest {
  readonly operation: GcsOperation;
  readonly method: string;
  /** Without the query: that of a session is its secret. */
  readonly path: string;
  readonly bucket: string;
  readonly object: string;
  /** 0 where the connection was destroyed instead of an answer. */
  readonly status: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Request headers that tests ask for. */
  readonly range?: string;
  readonly contentRange?: string;
  readonly ifGenerationMatch?: string;
}

/** The memory of a long bench stays bounded. */
const KEPT_REQUESTS = 20_000;

export class RequestLog {
  #requests: LoggedRequest[] = [];
  #counts = new Map<GcsOperation, number>();
  #receivedBytes = 0;
  #sentBytes = 0;

  add(request: LoggedRequest): void {
    this.#requests.push(request);
    if (this.#requests.length > KEPT_REQUESTS) this.#requests = this.#requests.slice(KEPT_REQUESTS / 2);
    this.#counts.set(request.operation, this.count(request.operation) + 1);
    this.#receivedBytes += request.receivedBytes;
    this.#sentBytes += request.sentBytes;
  }

  /** The last ones, oldest first. */
  get requests(): readonly LoggedRequest[] {
    return this.#requests;
  }

  /** How many requests there were, of one operation or of all. */
  count(operation?: GcsOperation): number {
    if (operation !== undefined) return this.#counts.get(operation) ?? 0;
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  counts(): Partial<Record<GcsOperation, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** Bytes of bodies. */
  bytes(): { readonly received: number; readonly sent: number } {
    return { received: this.#receivedBytes, sent: this.#sentBytes };
  }

  clear(): void {
    this.#requests = [];
    this.#counts = new Map();
    this.#receivedBytes = 0;
    this.#sentBytes = 0;
  }
}
