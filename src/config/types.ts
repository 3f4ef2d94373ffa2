/** A project's configuration as the code uses it: units in names, secrets wrapped, defaults filled in. */
import type { OnError, PublishMode } from '../model/run';
import type { Secret } from '../model/secret';
import type { ProviderSettings } from './provider-settings';
import type { ProviderName } from './provider-schemas';

export type AwsCredentialsSource =
  | {
      readonly kind: 'keys';
      readonly accessKeyId: string;
      readonly secretAccessKey: Secret;
      readonly sessionToken?: Secret;
    }
  | { readonly kind: 'profile'; readonly profile: string }
  /** Environment, shared files, web identity, container or instance role: the SDK's default chain. */
  | { readonly kind: 'default' }
  /** A role taken with an identity token of a Google service account (AssumeRoleWithWebIdentity); no long-lived key. */
  | {
      readonly kind: 'google';
      readonly roleArn: string;
      /** What the token is made for: the `aud` that the role's trust policy names. */
      readonly audience: string;
      readonly sessionName: string;
      readonly google: GoogleCredentialsSource;
      /** Null: STS of the region. */
      readonly stsEndpoint: string | null;
    };

export type GoogleCredentialsSource =
  /** No token at all: emulators, and public buckets. */
  | { readonly kind: 'anonymous' }
  /** Application Default Credentials: GOOGLE_APPLICATION_CREDENTIALS, gcloud's own, or the metadata server. */
  | { readonly kind: 'default' }
  /** A file of a service account, a workload identity configuration, or gcloud's. `awsRegion` is for an AWS role as identity. */
  | { readonly kind: 'file'; readonly path: string; readonly awsRegion?: string }
  | { readonly kind: 'json'; readonly credentials: Secret; readonly awsRegion?: string };

/** One Google Cloud Storage, as seen with one identity. */
export interface GcsStoreConfig {
  /** Null: https://storage.googleapis.com. An emulator's, as STORAGE_EMULATOR_HOST names it. */
  readonly endpoint: string | null;
  readonly credentials: GoogleCredentialsSource;
  /** Pays for requests to buckets of others; null where the bucket's owner does. */
  readonly userProject: string | null;
}

export interface StoreConfig {
  readonly region: string;
  readonly endpoint: string | null;
  readonly forcePathStyle: boolean;
  readonly credentials: AwsCredentialsSource;
}

/**
 * What the transfer of any job needs to know of its configuration. The activities and the engine ask for no more, so
 * that they work for every job whose settings have this shape, wherever these were read from.
 */
export interface JobConfig {
  /** exportToS3: the folder below configs/. ingestUrls: the bucket. */
  readonly project: string;
  readonly aws: StoreConfig & {
    readonly targetBucket: string;
    /** No leading or trailing slash; may be empty. */
    readonly targetPrefix: string;
    /** Where manifests, ledgers and reports go: `<target_prefix>/_longhaul` unless configured. */
    readonly controlPrefix: string;
    readonly maxWorkers: number;
    readonly httpDownloadTimeoutMs: number;
    readonly partSizeBytes: number;
    readonly publish: PublishMode;
    readonly cleanup: 'run' | 'prefix';
    readonly serverSideEncryption: 'AES256' | 'aws:kms' | null;
    readonly kmsKeyId: string | null;
  };
  readonly transfer: {
    readonly onError: OnError;
    readonly toleratedFailures: { readonly count: number } | { readonly percent: number };
    /** Host names or `host:port` or CIDR blocks that may be at private addresses. */
    readonly allowedHosts: readonly string[];
    /** Of a run, over all workers; null: none. */
    readonly maxBytesPerSec: number | null;
    /** To begin with. */
    readonly lanes: number;
    /** Never below `lanes`. */
    readonly maxLanes: number;
    readonly pageRecords: number;
    readonly stallTimeoutMs: number;
    /** A record that fails retryably is tried again for this long since its last progress (transfer.retry_for_sec, default 900). */
    readonly retryForMs: number;
    /** Objects above this are copied by UploadPartCopy; S3's own limit for CopyObject is 5 GB. */
    readonly copyPartThresholdBytes: number;
  };
  readonly logging: { readonly level: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' };
}

/** A project of exportToS3: configs/<project>/config.json. */
export interface ProjectConfig extends JobConfig {
  readonly api: {
    readonly provider: ProviderName;
    /** Null where the provider needs none. */
    readonly endpoint: string | null;
    /** Null where neither api_key nor api_key_env gives one: needed only when the API is asked. */
    readonly apiKey: Secret | null;
    /** Whether the file says where a key comes from: a provider that can do without one must not do so by mistake. */
    readonly apiKeyNamed: boolean;
    /** For messages: where the key should have come from. */
    readonly apiKeySource: string;
    readonly organizationId: string | null;
    readonly pollIntervalMs: number;
    readonly exportTimeoutMs: number;
    readonly httpTimeoutMs: number;
  };
  readonly temporal: {
    /** 1 is served first, 5 last; null: as the run is started. */
    readonly priority: number | null;
    /** Null: Temporal's default, 1. */
    readonly fairnessWeight: number | null;
  };
  readonly providers: ProviderSettings;
  readonly aws: JobConfig['aws'] & { readonly keyTemplate: string };
}

/** One build of the workers of a deployment, as Temporal's Worker Versioning knows it. */
export interface DeploymentVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** Settings of the process, from LONGHAUL_* variables and flags. */
export interface Environment {
  readonly configDir: string;
  readonly logLevel: string;
  readonly logFormat: 'json' | 'pretty';
  /** Upper bound of all part buffers of the process. */
  readonly transferMemoryBytes: number;
  /** Upper bound of the bytes per second that the process reads from sources; null: none. */
  readonly maxBytesPerSec: number | null;
  /** Transfer activities at once in this process. */
  readonly transferSlots: number;
  /** Records that one run moves at once, at most, whatever its settings say. */
  readonly maxWorkers: number;
  /** Activities that start per second on a task queue, over all workers: of the api queue, and of the transfer queue (null: no limit). */
  readonly apiCallsPerSec: number;
  readonly transfersPerSec: number | null;
  /** The version that this worker polls as; null: without versions. */
  readonly deployment: DeploymentVersion | null;
  readonly metricsAddress: string | null;
  readonly healthAddress: string | null;
  readonly cacheDir: string;
  /** Names this machine's disk among all workers: part of a task queue. */
  readonly host: string;
}
