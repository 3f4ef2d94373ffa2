/** Throttling by the cost of queries: a bucket of points that fills with time, told in each answer's `extensions.cost`. */
import { z } from 'zod';

const costExtension = z.object({
  cost: z.object({
    requestedQueryCost: z.number(),
    throttleStatus: z.object({ currentlyAvailable: z.number(), restoreRate: z.number().positive() }),
  }),
});

/** Milliseconds until the bucket holds what the query costs; undefined where the answer does not tell it. */
export const costWaitMs = (extensions: unknown): number | undefined => {
  const parsed = costExtension.safeParse(extensions);
  if (!parsed.success) return undefined;
  const { requestedQueryCost, throttleStatus } = parsed.data.cost;
  const missing = requestedQueryCost - throttleStatus.currentlyAvailable;
  return Math.max(0, Math.ceil((missing / throttleStatus.restoreRate) * 1000));
};
