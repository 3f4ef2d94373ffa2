/** What the table says of one error. */

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
  /** Of `longhaul verify`: everything could be compared, and something differs. */
  difference: 11,
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

export const entry = (
  kind: ErrorKind,
  retryable: boolean,
  actor: Actor,
  meaning: string,
  hint: string,
): ErrorEntry => ({
  kind,
  retryable,
  actor,
  meaning,
  hint,
});
