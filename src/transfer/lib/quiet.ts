/**
 * Libraries warn on standard error, between our own lines, of what their authors alone can mend. Their switches are variables
 * and flags of the whole process, which a library has no business to set.
 */

/**
 * The result of `work`, without the warnings whose text matches `unwanted`; all others go through. `work` is synchronous, so
 * that nobody else can warn meanwhile. Throws what it throws.
 */
export function withoutWarnings<T>(unwanted: RegExp, work: () => T): T {
  const original = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]): void => {
    if (!unwanted.test(String(args[0]))) emit(...args);
  };
  try {
    return work();
  } finally {
    if (original !== undefined) Object.defineProperty(process, 'emitWarning', original);
  }
}
