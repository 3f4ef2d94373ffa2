/** The formulas of a plan, held against what real runs have used: requests on the wire and events of histories. */
import {
  addPrefix,
  addUrls,
  ASSUMPTION_NAMES,
  ASSUMPTIONS,
  DEFAULT_SHAPE,
  emptyWorkload,
  LIMITS,
  planRun,
  scaled,
  withDefaults,
  type RunPlan,
  type RunShape,
  type Workload,
} from '../../../src/model/cost';

const MIB = 2 ** 20;
const urls = (records: number, bytes = 2_000, parts = 1): Workload => {
  const workload = emptyWorkload();
  addUrls(workload, bytes, parts, records);
  return workload;
};
const plan = (workload: Workload, shape: Partial<RunShape> = {}, assume = {}): RunPlan =>
  planRun(workload, { ...DEFAULT_SHAPE, ...shape }, withDefaults(assume));

describe('requests', () => {
  it.each([
    ['200 small files, atomic', urls(200), {}, 625],
    ['1,000 small files, atomic', urls(1_000), {}, 3_046],
    ['40 files of 9 parts, atomic', urls(40, 43_000_000, 9), { pageRecords: 20 }, 592],
    ['200 small files, direct', urls(200), { publish: 'direct' }, 223],
    ['20 files of 9 parts, direct', urls(20, 43_000_000, 9), { publish: 'direct' }, 303],
  ] as const)('%s: as many as a proxy has counted', (_, workload, shape, seen) => {
    expect(plan(workload, shape).s3.total).toBe(seen);
  });

  it.each([
    ['atomic', 2_543],
    ['direct', 1_038],
  ] as const)('a prefix of 500 objects, %s: as many as a proxy has counted', (publish, seen) => {
    const workload = emptyWorkload();
    addPrefix(workload, { objects: 500, bytes: 600_000, large: 0, parts: 0 });
    expect(plan(workload, { publish, polls: 0 }).s3.total).toBe(seen);
  });

  it('names each operation as report.json does', () => {
    expect(plan(urls(200)).s3.byOperation).toEqual({
      create_multipart: 201,
      upload_part: 200,
      complete_multipart: 200,
      get_object: 5,
      put_object: 10,
      head_bucket: 1,
      abort_multipart: 1,
      list_parts: 1,
      list_objects: 5,
      delete_objects: 1,
    });
  });

  it('bills LIST as a write, GET and HEAD as reads, DELETE and Abort not at all', () => {
    const { s3 } = plan(urls(200));
    expect(s3.writes).toBe(201 + 200 + 200 + 10 + 1 + 5);
    expect(s3.reads).toBe(5 + 1);
  });

  it('asks a source once for a small file, and once for each part of a large one', () => {
    const workload = urls(10);
    addUrls(workload, 43_000_000, 9, 2);
    expect(plan(workload).sourceRequests).toBe(10 + 18);
  });
});

describe('Temporal', () => {
  it.each([
    ['200 small files, atomic', urls(200), {}, { workflows: 3, activities: 208, searchAttributes: 7 }],
    ['1,000 small files, atomic', urls(1_000), {}, { workflows: 6, activities: 1_017, searchAttributes: 7 }],
    ['40 files of 9 parts', urls(40, 43_000_000, 9), { pageRecords: 20 }, { workflows: 44, activities: 91 }],
    ['200 small files, direct', urls(200), { publish: 'direct' }, { activities: 207, searchAttributes: 6 }],
  ] as const)('%s: the Actions of its histories', (_, workload, shape, counts) => {
    expect(plan(workload, shape).actions.byKind).toMatchObject(counts);
  });

  it('counts no heartbeat for small files, one and more for each of several parts', () => {
    expect(plan(urls(200)).actions.byKind.heartbeats).toBe(0);
    expect(plan(urls(40, 43_000_000, 9)).actions.byKind.heartbeats).toBeGreaterThanOrEqual(40);
  });

  it('bounds the histories that were seen', () => {
    expect(plan(urls(10_000)).histories.batchEvents).toBeGreaterThanOrEqual(1_163);
    expect(plan(urls(1_000)).histories.recordEvents).toBe(0);
    expect(plan(urls(40, 43_000_000, 9)).histories.recordEvents).toBe(11);
    expect(plan(urls(1_000)).histories.runEvents).toBeGreaterThanOrEqual(231);
    expect(plan(urls(10_000)).histories.runEvents).toBeGreaterThanOrEqual(1_675);
  });

  it('continues a long run as new, and refuses what one execution cannot publish', () => {
    const long = plan(urls(100_000));
    expect(long.histories.continuedAsNew).toBeGreaterThan(0);
    expect(long.limits.filter(({ state, isRefused }) => state === 'beyond' && isRefused)).toEqual([]);
    const refused = plan(urls(4_000_000)).limits.filter(({ state, isRefused }) => state === 'beyond' && isRefused);
    expect(refused.map(({ name }) => name)).toEqual(['history of the run, publishing']);
    expect(
      plan(urls(4_000_000), { publish: 'direct' }).limits.find(({ name }) => name.endsWith('publishing')),
    ).toMatchObject({
      state: 'within',
    });
  });
});

describe('time', () => {
  it('follows from what is slowest', () => {
    expect(plan(urls(12_000)).time).toMatchObject({ bottleneck: 'temporal', temporalSec: 100, movingSec: 100 });
    expect(plan(urls(10, 20 * 2 ** 30, 1_280)).time).toMatchObject({ bottleneck: 'bytes', bytesSec: 1_024 });
    const slow = { 'source.latency_ms': 10_000, 'temporal.records_per_s': 1_000 };
    expect(plan(urls(1_600), {}, slow).time.bottleneck).toBe('workers');
  });

  it('gets shorter with more workers only where these are short', () => {
    const slow = { 'source.latency_ms': 10_000, 'temporal.records_per_s': 1_000 };
    const few = plan(urls(1_600), {}, slow).time.movingSec;
    expect(plan(urls(1_600), { maxWorkers: 32 }, slow).time.movingSec).toBeCloseTo(few / 2, 1);
    expect(plan(urls(1_600), { maxWorkers: 32 }).time.movingSec).toBe(plan(urls(1_600)).time.movingSec);
  });
});

describe('cost', () => {
  it('is what is used times what is given', () => {
    const prices = {
      'price.s3_write_per_1000': 1,
      'price.s3_read_per_1000': 0,
      'price.temporal_per_million_actions': 1e6,
      'price.temporal_gb_hour': 0,
      'price.vcpu_hour': 0,
    };
    const { cost, s3, actions } = plan(urls(1_000), {}, prices);
    expect(cost.s3Requests).toBeCloseTo(s3.writes / 1_000);
    expect(cost.temporalActions).toBeCloseTo(actions.total);
    expect(cost.total).toBeCloseTo(s3.writes / 1_000 + actions.total);
  });

  it('has a unit, a meaning and an origin for each assumption', () => {
    for (const name of ASSUMPTION_NAMES) expect(Object.values(ASSUMPTIONS[name])).not.toContain('');
  });
});

describe('limits', () => {
  it('says what happens at each', () => {
    for (const { what } of LIMITS) expect(what).toMatch(/\.$/);
  });

  it('is near from four fifths on, and beyond where more is wanted', () => {
    const at = (parts: number) =>
      plan(urls(1, parts * 16 * MIB, parts)).limits.find(({ name }) => name === 'parts of an object')?.state;
    expect([at(7_000), at(8_000), at(10_000), at(10_001)]).toEqual(['within', 'near', 'near', 'beyond']);
  });
});

describe('workload', () => {
  it('takes a sample for the whole, in proportion', () => {
    const sample = urls(150);
    addUrls(sample, 43_000_000, 9, 50);
    expect(scaled(sample.url, 2_000)).toMatchObject({ records: 2_000, large: 500, parts: 4_500, mostParts: 9 });
  });

  it('counts records of unknown size where none was asked', () => {
    expect(scaled(emptyWorkload().url, 70)).toMatchObject({ records: 70, unknown: 70, bytes: 0 });
  });
});
