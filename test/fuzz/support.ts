/** What the fuzz tests share: fixed seeds, a bound in time, and what counts as a proper refusal. */
import * as fc from 'fast-check';
import { LonghaulError } from '../../src/model/errors';

/** The same cases on every machine; another one with `LONGHAUL_FUZZ_SEED=… LONGHAUL_FUZZ_RUNS=… npx jest --selectProjects fuzz`. */
const SEED = Number(process.env['LONGHAUL_FUZZ_SEED'] ?? 20_260_301);
const TIMES = Number(process.env['LONGHAUL_FUZZ_RUNS'] ?? 1);
/** One case of one property: what takes longer hangs. */
const CASE_TIMEOUT_MS = 5_000;
const TEST_TIMEOUT_MS = 120_000 * Math.max(1, TIMES);

/** A property with `numRuns` cases as a test. */
export function holds<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  check: (value: T) => unknown,
  numRuns = 1_000,
): void {
  test(
    name,
    async () => {
      const property = fc.asyncProperty(arbitrary, async (value) => {
        await check(value);
      });
      await fc.assert(property, { seed: SEED, numRuns: numRuns * TIMES, timeout: CASE_TIMEOUT_MS });
    },
    TEST_TIMEOUT_MS,
  );
}

export type Outcome<T> = { readonly value: T } | { readonly refused: LonghaulError };

/** What `work` gives, or its error of the table; anything else that is thrown is a fault, `Internal` too. */
export function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    return { refused: tableError(error) };
  }
}

export const outcomeOfAsync = (work: () => Promise<unknown>): Promise<Outcome<unknown>> =>
  work().then(
    (value) => ({ value }),
    (error: unknown) => ({ refused: tableError(error) }),
  );

function tableError(error: unknown): LonghaulError {
  if (error instanceof LonghaulError && error.code !== 'Internal') return error;
  throw error instanceof Error ? error : new Error(`thrown: ${String(error)}`);
}

/** Text that parsers stumble over: pieces of the real thing, mixed and broken. */
export const pieces = (...words: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...words) },
        { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
      ),
      {
        maxLength: 12,
      },
    )
    .map((all) => all.join(''));
