/** What the last lines of `npm test` say, from the JSON result of Jest (null where Jest ended before it wrote one). */

/** `N passed, N failed`, and `, N skipped` where tests were. A file that could not be run at all counts as one failure. */
export const summary = (result) => {
  if (result === null) return '0 passed, 1 failed';
  const skipped = result.numPendingTests + result.numTodoTests;
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return `${result.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
};

/** Full names of the skipped tests; test/support/skip.ts puts the reason into them. */
export const skippedTests = (result) =>
  (result?.testResults ?? [])
    .flatMap((file) => file.assertionResults)
    .filter(({ status }) => status === 'pending' || status === 'todo')
    .map(({ fullName }) => fullName);
