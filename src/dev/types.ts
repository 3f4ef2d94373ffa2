/** The embedded stack: what its parts promise to the CLI, the quickstart and the tests. */

/** A server or worker in its own process. */
export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  /** SIGTERM, then SIGKILL after a grace period; resolves when it is gone. Idempotent. */
  stop(): Promise<void>;
  /** SIGKILL now; resolves when it is gone. */
  kill(): Promise<void>;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** The last lines of its output, for error messages. */
  readonly recentOutput: () => string;
}

export interface TemporalServer extends ManagedProcess {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string;
  /** Starts it again on the same port and database, after stop() or kill(). */
  restart(): Promise<void>;
}

export interface S3Server extends ManagedProcess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly dataDir: string;
  restart(): Promise<void>;
}

/** The servers of the bridge and what was made on them. */
export interface BridgeDescription {
  readonly gcs: { readonly endpoint: string };
  readonly sqs: { readonly endpoint: string; readonly queueUrl: string; readonly deadLetterUrl: string };
  readonly pubsub: {
    readonly host: string;
    readonly projectId: string;
    readonly topic: string;
    readonly subscription: string;
  };
  /** Files with one transfer event each; none where there is no sample data. */
  readonly sampleEvents: readonly string[];
}

/** What `longhaul dev --json` prints as one line when all is ready. */
export interface StackDescription {
  readonly temporal: { address: string; namespace: string; uiUrl: string };
  readonly s3: { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string };
  readonly exportApi: { endpoint: string; apiKey: string; filesUrl: string };
  readonly bridge?: BridgeDescription;
  /** Of `--with postgres` alone. */
  readonly postgres?: { url: string; variable: string; loads: readonly string[] };
  readonly pids: Record<string, number>;
  readonly dataDir: string;
}
