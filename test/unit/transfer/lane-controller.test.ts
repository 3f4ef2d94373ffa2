import { LaneController, type LaneChange } from '../../../src/transfer/lib/lane-controller';

const PART = 1_000_000;

/** A transfer in virtual time, whose speed follows from its lanes. */
const transfer = (options: {
  start?: number;
  max?: number;
  parts?: number;
  spareParts?: () => number;
  partsPerSec: (lanes: number) => number;
  /** Answered before a part arrives: the other side refuses one. */
  refuses?: (lanes: number, nowMs: number) => boolean;
}) => {
  const { start = 4, max = 64, parts = 2_000, spareParts, partsPerSec, refuses = () => false } = options;
  let nowMs = 0;
  const changes: [number, LaneChange][] = [];
  const controller = new LaneController({
    start,
    max,
    nowMs: () => nowMs,
    ...(spareParts === undefined ? {} : { spareParts }),
    onChange: (lanes, reason) => changes.push([lanes, reason]),
  });
  let refusals = 0;
  for (let left = parts; left > 0; left -= 1) {
    const beganAtMs = nowMs;
    nowMs += 1000 / partsPerSec(controller.lanes);
    if (refuses(controller.lanes, nowMs)) {
      refusals += 1;
      controller.throttled(beganAtMs + 0.001);
      nowMs += 100;
    }
    controller.arrived(PART, left - 1);
  }
  return { lanes: controller.lanes, changes, refusals, seconds: nowMs / 1000 };
};

it('goes on with what makes it faster: as many lanes as a source that limits each of them can use', () => {
  const { lanes, changes, seconds } = transfer({ partsPerSec: (n) => 2 * Math.min(n, 24) });
  expect(changes.slice(0, 5)).toEqual([
    [8, 'trial'],
    [16, 'trial'],
    // 24 would do: with 32 it is half as fast again as with 16.
    [32, 'trial'],
    [64, 'trial'],
    [32, 'not faster'],
  ]);
  expect(lanes).toBeGreaterThanOrEqual(24);
  expect(lanes).toBeLessThanOrEqual(40);
  // With four lanes it would take 250 s, with 24 from the start 42.
  expect(seconds).toBeLessThan(70);
});

it('goes back where more lanes bring nothing, and seldom tries again', () => {
  const { lanes, changes, seconds } = transfer({ parts: 4_000, partsPerSec: () => 20 });
  expect(seconds).toBe(200);
  expect(changes.slice(0, 2)).toEqual([
    [8, 'trial'],
    [4, 'not faster'],
  ]);
  const trials = changes.filter(([, reason]) => reason === 'trial');
  // After 10, 20, 40, 80 s, each with one lane more.
  expect(trials.map(([n]) => n)).toEqual([8, 5, 5, 5, 5].slice(0, trials.length));
  expect(trials.length).toBeLessThanOrEqual(5);
  expect(lanes).toBeLessThanOrEqual(5);
});

it('takes noise for no gain', () => {
  const noise = [1, 1.05, 0.96, 1.02, 0.98];
  let n = 0;
  const { changes } = transfer({ partsPerSec: () => 20 * (noise[(n += 1) % noise.length] ?? 1) });
  expect(changes.slice(0, 2).map(([, reason]) => reason)).toEqual(['trial', 'not faster']);
});

it('never has more than the maximum, than there is memory for, nor at the end of an object', () => {
  const faster = { partsPerSec: (n: number) => 5 * n };
  expect(transfer({ ...faster, max: 10 }).changes.map(([n]) => n)).toEqual([8, 10]);
  expect(transfer({ ...faster, spareParts: () => 3 }).changes[0]).toEqual([7, 'trial']);
  expect(transfer({ ...faster, spareParts: () => 0 }).changes).toEqual([]);
  expect(transfer({ ...faster, start: 6, max: 4 }).lanes).toBe(6);
  expect(transfer({ ...faster, parts: 30 }).changes).toEqual([]);
});

it('halves its lanes where it is told that they are too many, to what the other side can take, and comes back with care', () => {
  const { lanes, changes, refusals, seconds } = transfer({
    start: 12,
    max: 12,
    parts: 3_000,
    partsPerSec: (n) => 5 * Math.min(n, 5),
    refuses: (n) => n > 5,
  });
  expect(changes.slice(0, 2)).toEqual([
    [6, 'throttled'],
    [3, 'throttled'],
  ]);
  expect(Math.max(...changes.slice(2).map(([n]) => n))).toBeLessThanOrEqual(6);
  expect(lanes).toBeGreaterThanOrEqual(3);
  expect(lanes).toBeLessThanOrEqual(5);
  expect(refusals).toBeLessThan(8);
  expect(seconds).toBeLessThan(180);
});

it('forgets a bad moment of the other side soon', () => {
  const { changes, seconds } = transfer({
    start: 8,
    max: 16,
    parts: 3_000,
    partsPerSec: (n) => 5 * n,
    refuses: (_, nowMs) => nowMs > 5_000 && nowMs < 5_600,
  });
  expect(Math.min(...changes.map(([n]) => n))).toBe(1);
  // 38 s with 16 lanes all the time, 600 s with one.
  expect(seconds).toBeLessThan(80);
});

it('counts one refusal of requests that were on their way together', () => {
  let nowMs = 0;
  const controller = new LaneController({ start: 8, max: 8, nowMs: () => nowMs });
  nowMs = 500;
  for (let n = 0; n < 8; n += 1) controller.throttled(400);
  expect(controller.lanes).toBe(4);
  nowMs = 600;
  controller.throttled(500);
  expect(controller.lanes).toBe(4);
  controller.throttled(550);
  expect(controller.lanes).toBe(2);
  for (nowMs = 700; nowMs < 1_000; nowMs += 100) controller.throttled(nowMs - 1);
  expect(controller.lanes).toBe(1);
});
