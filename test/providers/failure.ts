import { LonghaulError } from '../../src/model/errors';

/** The LonghaulError that a call ends with; anything else fails the test. */
export const failure = async (call: Promise<unknown>): Promise<LonghaulError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof LonghaulError) return error;
  throw new Error(`Expected a LonghaulError, got ${String(error)}`);
};
