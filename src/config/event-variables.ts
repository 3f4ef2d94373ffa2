/** The environment variables of `transferEvent`, for docs/reference/environment.md; event-transfers.ts reads them. */

export const EVENT_VARIABLES = [
  {
    name: 'LONGHAUL_EVENT_PART_MB',
    default: '8',
    meaning:
      '`transferEvent`: part size in MiB, at least 5. Objects up to this size move by one request each way; raised for an object that would need more than 10,000 parts.',
  },
  {
    name: 'LONGHAUL_EVENT_LANES',
    default: '4',
    meaning: '`transferEvent`: parts of one object in flight at once, to begin with; fewer while a store throttles.',
  },
  {
    name: 'LONGHAUL_EVENT_MAX_LANES',
    default: 'twice LONGHAUL_EVENT_LANES',
    meaning: '`transferEvent`: parts of one object at most, while more make it faster.',
  },
  {
    name: 'LONGHAUL_EVENT_STALL_TIMEOUT_SEC',
    default: '30',
    meaning: '`transferEvent`: time without a byte after which a request is given up; it counts as one failed try.',
  },
  {
    name: 'LONGHAUL_EVENT_MAX_BYTES_PER_SEC',
    default: 'none',
    meaning:
      '`transferEvent`: upper bound of the bytes per second that one worker process reads for all its events together.',
  },
  {
    name: 'STORAGE_EMULATOR_HOST',
    default: 'Google',
    meaning:
      'Another Cloud Storage service, an emulator’s `http://host:port`, which is sent no tokens. Credentials for Google come from Application Default Credentials.',
  },
] as const;
