/** Errors: input and configuration. */
import { entry, type ErrorEntry } from './entry';

export const INPUT_ERRORS = {
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
    'A configuration file is not JSON, or not YAML.',
    'Correct the line and column that the message names.',
  ),
  ConfigInvalid: entry(
    'config',
    false,
    'operator',
    'A key or value in a configuration file is wrong.',
    'Correct the key that the message names; docs/reference/configuration.md and restore.md list all of them.',
  ),
  ApiKeyMissing: entry(
    'config',
    false,
    'operator',
    'No API key is configured.',
    'Set api_.api_key_env to the name of an environment variable that the worker has, or api_.api_key.',
  ),
} as const satisfies Record<string, ErrorEntry>;
