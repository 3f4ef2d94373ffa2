/** Errors: encrypted payloads. */
import { entry, type ErrorEntry } from './entry';

export const PAYLOAD_ERRORS = {
  PayloadKeyMissing: entry(
    'config',
    true,
    'operator',
    'Something in Temporal is encrypted with a key that this process does not have.',
    'Add the key with this id to LONGHAUL_PAYLOAD_KEYS of every worker and command, and start them again; the run goes on by itself then.',
  ),
  PayloadKeyWrong: entry(
    'config',
    true,
    'operator',
    'Something in Temporal is encrypted with another key of the same id.',
    'Give the key that it was encrypted with in LONGHAUL_PAYLOAD_KEYS. Ids are never used again for another key.',
  ),
  PayloadDamaged: entry(
    'run',
    false,
    'operator',
    'An encrypted payload in Temporal is not what was written.',
    'Find out who can write to the Temporal database. Reset the run to a point before the damage, or terminate it and start it again.',
  ),
} as const satisfies Record<string, ErrorEntry>;
