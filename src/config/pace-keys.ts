/** The keys that bound how fast bytes move, as config.json, restore.json, load.json and the inputs of runs have them. */
import { z } from 'zod';
import { MAX_BYTES_PER_SEC } from '../model/run-rate';
import { MAX_LANES } from './lanes';

export const bytesPerSec = () => z.int().min(1).max(MAX_BYTES_PER_SEC);

/** `max_bytes_per_sec`; `reader` says who reads what. */
export const maxBytesPerSec = (reader: string) =>
  bytesPerSec().nullable().default(null).describe(`Upper bound of the bytes per second that ${reader}; null: none.`);

interface LaneWords {
  /** What moves in parts. */
  readonly of: 'object' | 'file';
  /** Who may throttle. */
  readonly throttling: string;
  /** Default of `lanes`. */
  readonly lanes: number;
}

/** How many parts of one thing move at once: lanes.ts says what a `max_lanes` of null comes to. */
export const laneKeys = ({ of, throttling, lanes }: LaneWords) => ({
  lanes: z
    .int()
    .min(1)
    .max(MAX_LANES)
    .default(lanes)
    .describe(`Parts of one ${of} that move at the same time, to begin with; fewer while ${throttling} throttles.`),
  max_lanes: z
    .int()
    .min(1)
    .max(MAX_LANES)
    .nullable()
    .default(null)
    .describe(
      `Parts of one ${of} at most, while more make it faster; null: twice \`lanes\`. As \`lanes\`: it never grows.`,
    ),
});
