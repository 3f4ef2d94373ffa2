/** Reading answers: what is not as it must be is named by its place, never by its value. */
import type { z } from 'zod';
import { LonghaulError } from '../model/errors';

/** @throws LonghaulError ApiProtocol; the values stay out of the message: they may be signed URLs */
export const readShape = <T>(shape: z.ZodType<T>, value: unknown, operation: string): T => {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  const place = where === '' ? '' : ` at ${where}`;
  throw new LonghaulError('ApiProtocol', `The answer to ${operation} has a wrong shape${place}`, { operation });
};
