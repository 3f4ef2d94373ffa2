/** Scripted faults of the double. One fault hits a request: the oldest that matches and has hits left. */
import type { GcsOperation } from './route';

/** What a fault can be chosen by. */
export interface FaultSubject {
  readonly operation: GcsOperation;
  readonly method: string;
  readonly bucket: string;
  readonly object: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface FaultMatch {
  readonly operation?: GcsOperation | readonly GcsOperation[];
  readonly bucket?: string;
  /** The whole name. For requests of a resumable session or a multipart upload it is the object's to be. */
  readonly object?: string;
  readonly where?: (request: FaultSubject) => boolean;
}

export interface GcsFault {
  /** Default: any request. */
  readonly match?: FaultMatch;
  /** How many requests it hits. Default 1; Infinity until it is taken back. */
  readonly times?: number;
  /** Lets this many matching requests pass first. Default 0. */
  readonly skip?: number;
  /** Waits before anything else, or until the fault is taken back. */
  readonly stallMs?: number;
  /** Destroys the connection before anything is done. */
  readonly destroyBefore?: boolean;
  /** Answers this status instead of doing anything. */
  readonly status?: number;
  readonly reason?: string;
  /** The body of that answer, instead of an error document. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A Retry-After header on that answer. */
  readonly retryAfterSeconds?: number;
  /** With `status`: everything is done, and the status is answered all the same. */
  readonly afterEffect?: boolean;
  /** Everything is done, then the connection is destroyed instead of an answer. */
  readonly loseAnswer?: boolean;
  /** Destroys the connection after so many bytes of the body: the one received, or the one sent. */
  readonly cutAfterBytes?: number;
  /** After so many bytes of the body sent nothing more comes, until the fault is taken back or the client goes. */
  readonly stallAfterBytes?: number;
  /** Ends a sent body properly after so many bytes, with a length that says so. */
  readonly truncateToBytes?: number;
  /** Answers 200 with everything to a range. */
  readonly ignoreRange?: boolean;
  /** One bit is wrong at this offset of the body, received or sent. */
  readonly corruptAtByte?: number;
  /** A resumable session keeps at most so many bytes of this request, rounded down to 256 KiB. */
  readonly commitAtMostBytes?: number;
  /** Forgets the resumable session or the multipart upload of the request, which is then answered with this status. */
  readonly loseSession?: 404 | 410;
  /** Replaces headers of the real answer; null removes one. */
  readonly replaceHeaders?: Readonly<Record<string, string | null>>;
}

export interface ArmedFault extends GcsFault {
  readonly cleared: Promise<void>;
}

interface Entry {
  readonly fault: ArmedFault;
  skip: number;
  left: number;
  readonly clear: () => void;
}

const matches = (match: FaultMatch, request: FaultSubject): boolean =>
  (match.operation === undefined || [match.operation].flat().includes(request.operation)) &&
  (match.bucket === undefined || match.bucket === request.bucket) &&
  (match.object === undefined || match.object === request.object) &&
  (match.where === undefined || match.where(request));

export class FaultBook {
  #entries: Entry[] = [];

  /** The function takes the fault back. */
  add(fault: GcsFault): () => void {
    let clear = (): void => undefined;
    const cleared = new Promise<void>((resolve) => (clear = resolve));
    const entry = { fault: { ...fault, cleared }, skip: fault.skip ?? 0, left: fault.times ?? 1, clear };
    this.#entries.push(entry);
    return () => {
      clear();
      this.#entries = this.#entries.filter((other) => other !== entry);
    };
  }

  clear(): void {
    for (const { clear } of this.#entries) clear();
    this.#entries = [];
  }

  take(request: FaultSubject): ArmedFault | undefined {
    for (const entry of this.#entries) {
      if (entry.left <= 0 || !matches(entry.fault.match ?? {}, request)) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.left -= 1;
      return entry.fault;
    }
    return undefined;
  }
}
