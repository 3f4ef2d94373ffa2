/** Errors: the source of one record. */
import { entry, type ErrorEntry } from './entry';

export const SOURCE_ERRORS = {
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
} as const satisfies Record<string, ErrorEntry>;
