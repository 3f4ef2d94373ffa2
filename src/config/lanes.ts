/** How many parts of one object may move at once. */

export const MAX_LANES = 64;

/** Null: twice as many as at the beginning. With the defaults of parts and memory that is what one object can have buffers for. */
export const maxLanesOf = (lanes: number, maxLanes: number | null): number =>
  Math.max(lanes, maxLanes ?? Math.min(MAX_LANES, 2 * lanes));
