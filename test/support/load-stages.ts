/** Where a load can be stopped: one request to S3 or one message to Postgres of each of its stages. */
import { startPostgresProxy, holdAt, type PostgresProxy } from './postgres-proxy';
import { startS3Proxy, type S3Proxy, type StoreRequest } from './s3-proxy';
import { LoadRig, type LoadRigOptions } from './load-rig';
import { sharedStack } from './shared-stack';

export const LOAD_STAGES = ['planning', 'staging', 'copying', 'completing', 'tidying', 'reporting'] as const;
/** `meanwhile`: the fourth chunk of the first file is staged, and the first three are there to be copied. */
export type LoadStage = (typeof LOAD_STAGES)[number] | 'meanwhile';

export interface Held {
  /** Resolves when the run is there. */
  readonly reached: Promise<void>;
  release(): void;
}

const isKey =
  (part: string, ...operations: readonly string[]) =>
  ({ url, operation }: StoreRequest): boolean =>
    operations.includes(operation) && decodeURIComponent(url.pathname).includes(part);

const STORE: Partial<Record<LoadStage, (request: StoreRequest) => boolean>> = {
  planning: isKey('/plan.json', 'put'),
  staging: isKey('/tmp/postgres-copy/', 'put', 'part'),
  meanwhile: isKey('/part-00003.csv', 'put', 'part'),
  tidying: ({ url }) => url.searchParams.has('delete'),
  reporting: isKey('/report.json', 'put'),
};

const isStaged = (request: StoreRequest): boolean =>
  STORE.staging?.(request) === true && request.url.pathname.includes('/part-');

const DATABASE: Partial<Record<LoadStage, (text: string) => boolean>> = {
  copying: (text) => /\bCOPY\b[^;]*\bFROM STDIN\b/i.test(text),
  completing: (text) => /\bRENAME TO\b|\bSELECT DISTINCT ON\b|\bLOCK TABLE\b/i.test(text),
};

/** A rig whose worker sees S3 and Postgres through proxies that can stop it. */
export class StoppableRig {
  private constructor(
    readonly rig: LoadRig,
    readonly store: S3Proxy,
    readonly database: PostgresProxy,
  ) {}

  static async start(options: LoadRigOptions = {}): Promise<StoppableRig> {
    const store = await startS3Proxy(sharedStack().s3.endpoint);
    let database: PostgresProxy | undefined;
    const databaseUrl = async (url: string): Promise<string> => {
      database = await startPostgresProxy(Number(new URL(url).port));
      return database.urlOf(url);
    };
    const rig = await LoadRig.start({ ...options, endpoint: store.endpoint, databaseUrl });
    if (database === undefined) throw new Error('The rig has not asked for its database');
    return new StoppableRig(rig, store, database);
  }

  /** Holds the first request of the stage, for as long as it is not released; everything else passes. */
  hold(stage: LoadStage): Held {
    this.pass();
    const fits = DATABASE[stage];
    if (fits !== undefined) return holdAt(this.database, fits);
    let reach = (): void => undefined;
    let release = (): void => undefined;
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    let wanted = stage === 'staging' ? isStaged : (STORE[stage] ?? (() => false));
    this.store.script = (request) => {
      if (!wanted(request)) return 'pass';
      wanted = () => false;
      reach();
      return { holdUntil: released };
    };
    return { reached, release };
  }

  pass(): void {
    this.store.script = () => 'pass';
    this.database.script = () => 'pass';
    this.database.up();
  }

  async stop(): Promise<void> {
    await this.rig.stop();
    await this.store.close();
    await this.database.close();
  }
}
