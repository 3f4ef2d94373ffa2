/**
 * The one table of errors. Temporal failure types, retry decisions, CLI exit codes and the docs page
 * (docs/reference/errors.md) all derive from it; nothing else in Longhaul decides whether an error is retried.
 * Pure: workflow code imports it.
 */

/** What kind of thing went wrong; each kind has one exit code. */
export const EXIT_CODES = {
  internal: 1,
  usage: 2,
  config: 3,
  access: 4,
  unreachable: 5,
  export: 6,
  source: 7,
  destination: 8,
  run: 9,
  local: 10,
  cancelled: 130,
} as const;

export type ErrorKind = keyof typeof EXIT_CODES;

/** Who has to do something before it can work: nobody (it is retried), the operator, or the vendor. */
export type Actor = 'nobody' | 'operator' | 'vendor' | 'developer';

export interface ErrorEntry {
  readonly kind: ErrorKind;
  /** Whether trying the same thing again, unchanged, can help. */
  readonly retryable: boolean;
  readonly actor: Actor;
  /** What happened, in one clause, for the docs page. */
  readonly meaning: string;
  /** What to do now, for the person who reads the failure. */
  readonly hint: string;
}

const entry = (kind: ErrorKind, retryable: boolean, actor: Actor, meaning: string, hint: string): ErrorEntry => ({
  kind,
  retryable,
  actor,
  meaning,
  hint,
});

export const ERRORS = {
  // Input and configuration
  InvalidInput: entry(
    'usage',
    false,
    'operator',
    'The input of a command or workflow is wrong.',
    'Correct the field that the message names and start the run again.',
  ),
  ConfigNotFound: entry(
    'config',
    false,
    'operator',
    'The project has no config.json.',
    'Create configs/<project>/config.json, or point LONGHAUL_CONFIG_DIR at the folder that holds it.',
  ),
  ConfigMalformed: entry(
    'config',
    false,
    'operator',
    'config.json is not JSON.',
    'Correct the line and column that the message names.',
  ),
  ConfigInvalid: entry(
    'config',
    false,
    'operator',
    'A key or value in config.json is wrong.',
    'Correct the key that the message names; docs/reference/configuration.md lists all of them.',
  ),
  ApiKeyMissing: entry(
    'config',
    false,
    'operator',
    'No API key is configured.',
    'Set api_.api_key_env to the name of an environment variable that the worker has, or api_.api_key.',
  ),

  // The export API
  ApiUnreachable: entry(
    'unreachable',
    true,
    'operator',
    'The export API cannot be reached.',
    'Check api_.endpoint, DNS and the network from the worker.',
  ),
  ApiUnauthorized: entry(
    'access',
    false,
    'operator',
    'The export API refuses the key.',
    'Check that the key is valid for this region and organization, and that the worker has the right variable.',
  ),
  ApiThrottled: entry(
    'unreachable',
    true,
    'nobody',
    'The export API asks us to slow down.',
    'Nothing to do: it is tried again when the API says so. Raise api_.poll_interval_sec if it goes on.',
  ),
  ApiUnavailable: entry(
    'unreachable',
    true,
    'vendor',
    'The export API answers with a server error.',
    'It is tried again; if it goes on, ask the vendor.',
  ),
  ApiRejected: entry(
    'export',
    false,
    'vendor',
    'The export API refuses the request.',
    'Read the API message; check the export type and its dates.',
  ),
  ApiProtocol: entry(
    'export',
    false,
    'vendor',
    'The export API answers in a shape that is not understood.',
    'Report it with the message: the API may have changed.',
  ),
  ExportInProgress: entry(
    'export',
    true,
    'nobody',
    'Another export of this type is running at the vendor.',
    'Nothing to do: it is waited for. A remediation export is never adopted, because it may cover other dates.',
  ),
  ExportFailed: entry(
    'export',
    false,
    'vendor',
    'The vendor reports that the export failed.',
    'Start the run again; if it fails again, ask the vendor with the export id.',
  ),
  ExportTimeout: entry(
    'export',
    false,
    'operator',
    'The export was not ready within api_.export_timeout_sec.',
    'Raise api_.export_timeout_sec, or start the run again: it adopts an export still in flight.',
  ),
  ExportEmpty: entry(
    'export',
    false,
    'vendor',
    'The export succeeded but names no file.',
    'Check at the vendor whether the export has data.',
  ),
  RecordInvalid: entry(
    'export',
    false,
    'vendor',
    'A record of the export cannot be used.',
    'The message names the record. Give records as {"url"} or {"prefix": "s3://bucket/path"}.',
  ),

  // The source of one record
  SourceNotFound: entry(
    'source',
    false,
    'vendor',
    'The source object does not exist.',
    'Ask the vendor for a new export, or skip the record.',
  ),
  SourceForbidden: entry(
    'source',
    false,
    'operator',
    'The source refuses access.',
    'Check that the worker may read the source.',
  ),
  SourceUrlExpired: entry(
    'source',
    true,
    'nobody',
    'A signed URL has expired.',
    'Nothing to do: a fresh one is asked for. Given records with signed URLs cannot be refreshed.',
  ),
  SourceChanged: entry(
    'source',
    false,
    'operator',
    'The source object changed while it was being moved.',
    'Retry the record: it starts again with the new version. Versions are never mixed.',
  ),
  SourceTruncated: entry(
    'source',
    true,
    'vendor',
    'The source sent fewer bytes than it declared.',
    'It is tried again; if it goes on, the file at the source is damaged.',
  ),
  SourceUnreachable: entry(
    'source',
    true,
    'operator',
    'The source cannot be reached.',
    'Check DNS and the network from the worker to the host in the message.',
  ),
  SourceThrottled: entry(
    'source',
    true,
    'nobody',
    'The source asks us to slow down.',
    'Nothing to do: it is tried again. Lower aws.max_workers if it goes on.',
  ),
  SourceUnavailable: entry(
    'source',
    true,
    'vendor',
    'The source answers with a server error.',
    'It is tried again; if it goes on, ask the vendor.',
  ),
  SourceStalled: entry(
    'source',
    true,
    'nobody',
    'No byte came from the source for too long.',
    'Nothing to do: the part is asked for again.',
  ),
  SourceProtocol: entry(
    'source',
    false,
    'vendor',
    'The source breaks HTTP in a way that makes its bytes doubtful.',
    'Report it to the vendor with the message.',
  ),
  RedirectRefused: entry(
    'source',
    false,
    'vendor',
    'A redirect of the source is not followed: too many, or from https to http.',
    'Use the final URL, or ask the vendor.',
  ),
  AddressRefused: entry(
    'source',
    false,
    'operator',
    'The source is at a private or reserved address.',
    'Name the host in transfer.allowed_hosts of the project if it is meant to be read.',
  ),

  // The destination
  CredentialsMissing: entry(
    'access',
    false,
    'operator',
    'No AWS credentials were found.',
    'Set aws.access_key_id and aws.secret_access_key, aws.profile, or give the worker a role.',
  ),
  CredentialsExpired: entry(
    'access',
    false,
    'operator',
    'The AWS credentials have expired or are not valid.',
    'Renew them for the worker, then retry the failed records or start the run again.',
  ),
  AccessDenied: entry(
    'access',
    false,
    'operator',
    'The store refuses the request.',
    'Compare the IAM policy with docs/iam.md.',
  ),
  BucketNotFound: entry(
    'destination',
    false,
    'operator',
    'The bucket does not exist.',
    'Create it, or correct the bucket name and region in the config.',
  ),
  DestinationUnreachable: entry(
    'destination',
    true,
    'operator',
    'The store cannot be reached.',
    'Check aws.endpoint, aws.region and the network from the worker.',
  ),
  DestinationUnavailable: entry(
    'destination',
    true,
    'nobody',
    'The store answers with a server error.',
    'Nothing to do: it is tried again.',
  ),
  DestinationThrottled: entry(
    'destination',
    true,
    'nobody',
    'The store asks us to slow down.',
    'Nothing to do: it is tried again. Lower aws.max_workers if it goes on.',
  ),
  DestinationStalled: entry(
    'destination',
    true,
    'nobody',
    'The store did not answer in time.',
    'Nothing to do: the part is sent again.',
  ),
  DestinationRejected: entry(
    'destination',
    false,
    'operator',
    'The store refuses the request as wrong.',
    'Read the message; check the key, the encryption settings and the object size.',
  ),
  ObjectNotFound: entry(
    'destination',
    false,
    'operator',
    'The object does not exist in the store.',
    'Check the bucket and the key.',
  ),
  ClockSkewed: entry(
    'local',
    false,
    'operator',
    "The worker's clock is wrong: the store refuses its signatures.",
    'Set the clock (NTP) on the worker.',
  ),
  ChecksumMismatch: entry(
    'destination',
    true,
    'nobody',
    'Bytes were damaged on the way.',
    'Nothing to do: they are sent again. If it goes on, suspect memory or a proxy.',
  ),
  UploadLost: entry(
    'destination',
    true,
    'nobody',
    'The multipart upload is gone.',
    'Nothing to do: the record starts again. Check for a lifecycle rule that aborts uploads too early.',
  ),
  VerificationFailed: entry(
    'destination',
    false,
    'operator',
    'The object in the store is not what was sent.',
    'Check whether something else writes to the same key.',
  ),
  KeyTooLong: entry(
    'destination',
    false,
    'operator',
    'An object key is longer than 1,024 bytes.',
    'Shorten aws.target_prefix or aws.key_template.',
  ),
  TargetBusy: entry(
    'run',
    false,
    'operator',
    'Another run is writing to the same target.',
    'Wait for the run that the message names, or abort it.',
  ),

  // The run
  RecordsFailed: entry(
    'run',
    false,
    'operator',
    'Some records failed.',
    'Read the report; start the run again, or run with transfer.on_error "wait" to repair in place.',
  ),
  RunAborted: entry(
    'run',
    false,
    'operator',
    'The run was aborted by an operator.',
    'Nothing to do: what the run had written was removed, as the report says.',
  ),
  RunNotFound: entry(
    'run',
    false,
    'operator',
    'There is no such run.',
    'List runs with: temporal workflow list --query \'LonghaulJob = "exportToS3"\'',
  ),
  RunExists: entry(
    'run',
    false,
    'operator',
    'A run with this id is already there.',
    'Choose another --run-id, or watch the one that is there.',
  ),
  RunNotRunning: entry('run', false, 'operator', 'The run has ended.', 'Start a new run.'),
  CleanupIncomplete: entry(
    'run',
    false,
    'operator',
    'Something the run had written could not be removed.',
    'The report lists it; remove it by hand or let the bucket’s lifecycle rule do it.',
  ),
  Cancelled: entry('cancelled', false, 'nobody', 'The run was cancelled.', 'Start it again when it is wanted.'),

  // Around it
  TemporalUnreachable: entry(
    'unreachable',
    true,
    'operator',
    'The Temporal server cannot be reached.',
    'Check TEMPORAL_ADDRESS, or start an embedded stack with: longhaul dev',
  ),
  WorkerMissing: entry(
    'unreachable',
    true,
    'operator',
    'No worker answers for the run.',
    'Start one with: longhaul worker. The run goes on where it was.',
  ),
  NamespaceNotFound: entry(
    'config',
    false,
    'operator',
    'The Temporal namespace does not exist.',
    'Check TEMPORAL_NAMESPACE.',
  ),
  SearchAttributesMissing: entry(
    'config',
    false,
    'operator',
    'The namespace lacks the search attributes of Longhaul.',
    'Run the commands that the message names, then start the worker again.',
  ),
  ToolMissing: entry(
    'local',
    false,
    'operator',
    'A server that the embedded stack needs cannot be found or built.',
    'Install one of the ways that the message lists.',
  ),
  PortInUse: entry(
    'local',
    false,
    'operator',
    'A chosen port is taken.',
    'Choose another port, or leave the flag out to get a free one.',
  ),
  WorkerShutdown: entry(
    'local',
    true,
    'nobody',
    'The worker is stopping and hands its work over.',
    'Nothing to do: another worker goes on.',
  ),
  Internal: entry(
    'internal',
    true,
    'developer',
    'Something unexpected happened inside Longhaul.',
    'Report it with the message and the stack.',
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(ERRORS, value);

/** What an error was about. Never a signed URL: `source` and `destination` are display forms without a query. */
export interface ErrorContext {
  readonly operation?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly offsetBytes?: number;
  readonly httpStatus?: number;
  /** How long the other side asks us to wait, from Retry-After. */
  readonly retryAfterMs?: number;
}

/** Every error that Longhaul throws on purpose. The message is one sentence that names the thing and the fault. */
export class LonghaulError extends Error {
  override readonly name = 'LonghaulError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly context: ErrorContext = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code];
  }

  get retryable(): boolean {
    return this.entry.retryable;
  }

  get hint(): string {
    return this.entry.hint;
  }

  get exitCode(): number {
    return EXIT_CODES[this.entry.kind];
  }
}

/** The codes that Temporal must not retry: the `nonRetryableErrorTypes` of every activity. */
export const NON_RETRYABLE_CODES: ErrorCode[] = (Object.keys(ERRORS) as ErrorCode[]).filter(
  (code) => !ERRORS[code].retryable,
);
