/** Errors: the export API. */
import { entry, type ErrorEntry } from './entry';

export const EXPORT_API_ERRORS = {
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
    'Check that the key (api_.api_key, or the variable of the worker that api_.api_key_env names) is valid for this region and organization.',
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
} as const satisfies Record<string, ErrorEntry>;
