/** Errors: around it. */
import { entry, type ErrorEntry } from './entry';

export const ENVIRONMENT_ERRORS = {
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
  VersionMismatch: entry(
    'config',
    true,
    'operator',
    'A worker cannot replay what the run has done so far: its workflow code is not the one that the run began with.',
    'Nothing is lost. Start workers of the version that the run began with, or pin the run to it: docs/guide-upgrade.md.',
  ),
  NamespaceNotFound: entry(
    'config',
    false,
    'operator',
    'The Temporal namespace does not exist.',
    'Check TEMPORAL_NAMESPACE, or create it with: temporal operator namespace create --namespace <name>',
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
  ServerEnded: entry(
    'local',
    true,
    'operator',
    'A server of the embedded stack has ended by itself, or somebody has ended it.',
    'Start the stack again with: longhaul dev. Its data is still there (unless --ephemeral), and runs go on where they were.',
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
