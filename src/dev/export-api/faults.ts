/**
 * Scripted faults: each matches some requests, a number of times, and says what goes wrong with them. One fault hits
 * a request: the oldest that matches.
 */
import type { ExportType } from '../../model/export-run';
import type { ApiOperation } from './stats';

/** How the `result` of a finished export is laid out. */
export type ResultShape = 'list' | 'object' | 'empty' | 'null';

interface AnyFault {
  /** How many requests it hits; default 1. */
  readonly times?: number;
  /** Hits every request until it is cleared. */
  readonly always?: boolean;
  /** Waits this long before anything else. */
  readonly delayMs?: number;
  /** Answers this status with `headers` and `body` instead of the real answer. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Destroys the socket without an answer. */
  readonly reset?: boolean;
}

export interface ApiFault extends AnyFault {
  /** Default: any operation. */
  readonly on?: ApiOperation;
  /** HTTP 200 with these GraphQL errors; `code` goes to extensions.code. */
  readonly errors?: readonly { readonly message: string; readonly code?: string }[];
  /** Does the work (an export is created), then destroys the socket instead of answering. */
  readonly lostAnswer?: boolean;
}

export interface FileFault extends AnyFault {
  /** Hits URL paths that end with this; default: all. */
  readonly path?: string;
  /** Hits only requests whose range holds this byte of the file. */
  readonly atByte?: number;
  /** Destroys the socket after this many body bytes. */
  readonly cutAfterBytes?: number;
  /** Sends this many body bytes, then nothing, until the fault is cleared or the client goes. */
  readonly stallAfterBytes?: number;
  /** Ends the body properly after this many bytes, with a Content-Length that says so. */
  readonly truncateToBytes?: number;
  /** A new version of the file (new ETag, same length) from this request on. */
  readonly changeVersion?: boolean;
  /** 307 to this URL; `self` stands for a fresh URL of the same file. */
  readonly redirectTo?: string;
  /** Answers 200 with everything, as a server without ranges does. */
  readonly ignoreRange?: boolean;
  /** Replaces headers of the real answer; null removes one. */
  readonly replaceHeaders?: Readonly<Record<string, string | null>>;
  /** Slows the body down. */
  readonly bytesPerSec?: number;
}

export type Armed<F> = F & { remaining: number; readonly cleared: Promise<void>; readonly clear: () => void };

const arm = <F extends AnyFault>(fault: F): Armed<F> => {
  let clear = (): void => undefined;
  const cleared = new Promise<void>((resolve) => (clear = resolve));
  return { ...fault, remaining: fault.always === true ? Infinity : (fault.times ?? 1), cleared, clear };
};

/** Hooks into the servers, set by startExportApi. */
export interface FaultHooks {
  changeVersion(path: string): void;
  expireUrls(): void;
}

export class FaultBook {
  #api: Armed<ApiFault>[] = [];
  #files: Armed<FileFault>[] = [];
  readonly #statuses = new Map<ExportType, string[]>();
  readonly #shapes = new Map<ExportType, ResultShape>();
  /** Overrides of options, for tests that change them while it runs. */
  urlLifetimeMs: number | undefined;

  constructor(private readonly hooks: FaultHooks) {}

  api(fault: ApiFault): void {
    this.#api.push(arm(fault));
  }

  file(fault: FileFault): void {
    this.#files.push(arm(fault));
  }

  /** Words for the next export of this type, one per poll; the last one stays. It ends when the last was told. */
  statuses(type: ExportType, words: readonly string[]): void {
    this.#statuses.set(type, [...words]);
  }

  resultShape(type: ExportType, shape: ResultShape): void {
    this.#shapes.set(type, shape);
  }

  /** The file whose URL path ends with this has other bytes and another ETag from now on, and the same length. */
  changeVersion(path: string): void {
    this.hooks.changeVersion(path);
  }

  /** All URLs handed out until now have expired. */
  expireUrls(): void {
    this.hooks.expireUrls();
  }

  /** Removes all faults; stalled bodies go on. */
  clear(): void {
    for (const fault of [...this.#api, ...this.#files]) fault.clear();
    this.#api = [];
    this.#files = [];
    this.#statuses.clear();
    this.#shapes.clear();
    this.urlLifetimeMs = undefined;
  }

  takeApi(operation: ApiOperation): Armed<ApiFault> | undefined {
    return this.#take(this.#api, (fault) => fault.on === undefined || fault.on === operation);
  }

  takeFile(path: string, firstByte: number, endByte: number): Armed<FileFault> | undefined {
    return this.#take(
      this.#files,
      ({ path: suffix, atByte }) =>
        (suffix === undefined || path.endsWith(suffix)) &&
        (atByte === undefined || (firstByte <= atByte && atByte < endByte)),
    );
  }

  takeStatuses(type: ExportType): string[] | undefined {
    const words = this.#statuses.get(type);
    this.#statuses.delete(type);
    return words;
  }

  shapeOf(type: ExportType): ResultShape {
    return this.#shapes.get(type) ?? 'list';
  }

  #take<F extends { remaining: number }>(faults: F[], matches: (fault: F) => boolean): F | undefined {
    const fault = faults.find((one) => one.remaining > 0 && matches(one));
    if (fault !== undefined) fault.remaining -= 1;
    return fault;
  }
}
