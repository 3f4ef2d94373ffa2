import { LonghaulError } from '../../src/model/errors';

/** The LonghaulError of a promise; anything else fails the test. */
export const failureOf = async (work: Promise<unknown>): Promise<LonghaulError> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof LonghaulError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
};
