/**
 * The AWS SDK prints, once per process, that future versions will need a newer Node. Its own switch is an environment
 * variable, which a library has no business to set; the notice would land in the output of every command. This drops that
 * one notice while a client is constructed (synchronous, so nothing else can warn meanwhile) and lets all others through.
 */
const NOTICE = /NodeVersionSupportWarning|NodeDeprecationWarning/;

export function withoutVersionNotice<T>(construct: () => T): T {
  const original = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]): void => {
    if (!NOTICE.test(String(args[0]))) emit(...args);
  };
  try {
    return construct();
  } finally {
    if (original !== undefined) Object.defineProperty(process, 'emitWarning', original);
  }
}
