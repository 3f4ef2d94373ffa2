/** What the last lines of `npm test` say, from the JSON results of Jest (null where Jest ended before it wrote one). */

const isFailedTest = ({ status }) => status === 'failed';
/** A file that could not be run, or whose tear-down failed, has no failed test to show for it. */
const failures = (file) =>
  Math.max(file.assertionResults.filter(isFailedTest).length, file.status === 'failed' ? 1 : 0);
const all = (result) => (result?.testResults ?? []).flatMap((file) => file.assertionResults);
const isSkipped = ({ status }) => status === 'pending' || status === 'todo';

/** `N passed, N failed`, and `, N skipped` where tests were. A file that could not be run at all counts as one failure. */
export const summary = (result) => {
  if (result === null) return '0 passed, 1 failed';
  const tests = all(result);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const failed = result.testResults.reduce((sum, file) => sum + failures(file), 0);
  const skipped = tests.filter(isSkipped).length;
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
};

/** Full names of the skipped tests; test/support/skip.ts puts the reason into them. */
export const skippedTests = (result) =>
  all(result)
    .filter(isSkipped)
    .map(({ fullName }) => fullName);

/** Paths of the files with a failure. */
export const failedFiles = (result) =>
  (result?.testResults ?? []).filter((file) => failures(file) > 0).map(({ name }) => name);

/** The result of the whole run with the files that `again` has run replaced by what came of them there. */
export const merged = (result, again) => {
  const later = new Map((again?.testResults ?? []).map((file) => [file.name, file]));
  return { ...result, testResults: result.testResults.map((file) => later.get(file.name) ?? file) };
};

/** Full names of tests that failed beside others and passed by themselves; a file's own name where it could not be run. */
export const unsteadyTests = (result, again) => {
  const later = new Map((again?.testResults ?? []).map((file) => [file.name, file]));
  return result.testResults
    .filter((file) => failures(file) > 0 && later.has(file.name))
    .flatMap((file) => {
      const now = later.get(file.name);
      const failed = file.assertionResults.filter(isFailedTest).map(({ fullName }) => fullName);
      const hasPassed = (name) =>
        now.assertionResults.some((test) => test.fullName === name && test.status === 'passed');
      if (failed.length === 0) return failures(now) === 0 ? [file.name] : [];
      return failed.filter(hasPassed);
    });
};
