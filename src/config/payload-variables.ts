/** The variables of payload encryption. A module of its own, so that environment.ts can list them. */

export const PAYLOAD_KEYS = 'LONGHAUL_PAYLOAD_KEYS';
export const PAYLOAD_KEYS_FILE = 'LONGHAUL_PAYLOAD_KEYS_FILE';
export const CODEC_SERVER_TOKEN = 'LONGHAUL_CODEC_SERVER_TOKEN';

/** For docs/reference/environment.md. */
export const PAYLOAD_VARIABLES = [
  {
    name: PAYLOAD_KEYS,
    default: 'off',
    meaning:
      'Encrypts what is in Temporal: `id:key,id2:key2`, each key 32 bytes in base64. The first encrypts, all decrypt; `plain` in the first place encrypts nothing. The same for workers and commands.',
  },
  {
    name: PAYLOAD_KEYS_FILE,
    default: 'none',
    meaning:
      'A file with the same, one key a line, instead of LONGHAUL_PAYLOAD_KEYS; lines that begin with # are left out.',
  },
  {
    name: CODEC_SERVER_TOKEN,
    default: 'none',
    meaning: 'The bearer token that `longhaul codec-server` asks for, at least 16 characters.',
  },
] as const;
