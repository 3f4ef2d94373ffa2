/**
 * The tables of docs/scaling.md, from the formulas of src/model/cost: each block of the page between
 * `<!-- costs: NAME -->` and `<!-- /costs -->` is replaced by the table of that name. Pure: scripts/docs.mjs writes the page.
 */
'use strict';

const GIB = 2 ** 30;

const cell = (text) => String(text).replaceAll('|', '\\|');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const count = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
const number = (value) => (value >= 100 ? count(value) : String(Number(value.toPrecision(3))));

const duration = (seconds) => {
  if (seconds < 120) return `${number(seconds)} s`;
  if (seconds < 7200) return `${number(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${number(seconds / 3600)} h` : `${number(seconds / 86400)} days`;
};

const urls = (cost, records, bytes) => {
  const { partSizeBytes } = cost.DEFAULT_SHAPE;
  const workload = cost.emptyWorkload();
  cost.addUrls(workload, bytes, Math.max(1, Math.ceil(bytes / partSizeBytes)), records);
  return workload;
};

const prefixes = (cost, records, objects, bytes) => {
  const workload = cost.emptyWorkload();
  cost.addPrefix(workload, { objects, bytes: objects * bytes, large: 0, parts: 0 }, records);
  return workload;
};

/** What one more of each adds to a run: the difference of two plans. */
const perRecord = (cost) => {
  const one = (name, workload, shape) => {
    const [more, less] = [workload(2_000), workload(1_000)].map((each) =>
      cost.planRun(each, { ...cost.DEFAULT_SHAPE, pageRecords: 1_000_000, ...shape }, cost.withDefaults()),
    );
    const of = (pick) => number((pick(more) - pick(less)) / 1_000);
    return [
      name,
      of(({ s3 }) => s3.writes),
      of(({ s3 }) => s3.reads),
      of((plan) => plan.sourceRequests),
      of(({ actions: { byKind } }) => byKind.workflows + byKind.activities),
      of(({ actions: { byKind } }) => byKind.heartbeats),
      of(({ histories }) => histories.bytes / 1000),
    ];
  };
  const gib = (n) => urls(cost, n, GIB);
  return table(
    ['one more', 'S3 writes', 'S3 reads', 'source', 'workflows, activities', 'heartbeats', 'kB of history'],
    [
      one('file of one part, atomic', (n) => urls(cost, n, 10_000), {}),
      one('file of one part, direct', (n) => urls(cost, n, 10_000), { publish: 'direct' }),
      one('file of 1 GiB, 64 parts, atomic', gib, {}),
      one('file of 1 GiB, 64 parts, direct', gib, { publish: 'direct' }),
      one('200 objects below a prefix, atomic', (n) => prefixes(cost, 1, n * 200, 10_000), {}),
      one('200 objects below a prefix, direct', (n) => prefixes(cost, 1, n * 200, 10_000), { publish: 'direct' }),
    ],
  );
};

const EXAMPLES = [
  ['1 TB, 1,000 files of 1 GB', (cost) => urls(cost, 1_000, 1e9), {}, {}, 1],
  ['100 TB, 100,000 files of 1 GB', (cost) => urls(cost, 100_000, 1e9), {}, {}, 1],
  [
    'the same, 16 workers of 400 MiB/s, max_workers 256',
    (cost) => urls(cost, 100_000, 1e9),
    { maxWorkers: 256 },
    { 'worker.processes': 16, 'worker.mib_per_s': 400 },
    1,
  ],
  ['10⁸ files of 10 kB: 50 runs of 2,000,000', (cost) => urls(cost, 2_000_000, 10_000), {}, {}, 50],
  [
    'the same on a server of 500 records/s, max_workers 256',
    (cost) => urls(cost, 2_000_000, 10_000),
    { maxWorkers: 256 },
    { 'temporal.records_per_s': 500 },
    50,
  ],
  [
    '10⁸ objects of 10 kB below 100 prefixes, direct',
    (cost) => prefixes(cost, 100, 1_000_000, 10_000),
    { publish: 'direct' },
    {},
    1,
  ],
];

const examples = (cost) =>
  table(
    ['what', 'time', 'decided by', 'S3 requests', 'Actions', 'histories', 'worker CPU', 'cost (USD)', 'beyond or near'],
    EXAMPLES.map(([name, workload, shape, assume, times]) => {
      const plan = cost.planRun(workload(cost), { ...cost.DEFAULT_SHAPE, ...shape }, cost.withDefaults(assume));
      const bound = plan.limits.filter(({ state }) => state !== 'within').map((limit) => limit.name);
      return [
        name,
        duration(plan.time.totalSec * times),
        plan.time.bottleneck,
        count(plan.s3.total * times),
        count(plan.actions.total * times),
        `${number((plan.histories.bytes * times) / 1e9)} GB`,
        duration(plan.time.workerCpuSec * times),
        count(plan.cost.total * times),
        bound.join('; '),
      ];
    }),
  );

const limits = (cost) =>
  table(
    ['limit', 'at', 'what Longhaul does'],
    cost.LIMITS.map(({ name, limit, unit, what }) => {
      const at =
        typeof limit === 'number'
          ? count(limit)
          : count(limit({ shape: cost.DEFAULT_SHAPE, assume: cost.withDefaults() }));
      return [name, `${at} ${unit}`, what];
    }),
  );

const assumptions = (cost) =>
  table(
    ['name', 'default', 'meaning', 'from'],
    Object.entries(cost.ASSUMPTIONS).map(([name, { value, unit, meaning, from }]) => [
      `\`${name}\``,
      `${value} ${unit}`,
      meaning,
      from,
    ]),
  );

const BLOCKS = { 'per record': perRecord, examples, limits, assumptions };

/** @throws Error for a block of an unknown name */
const withTables = (page, cost) =>
  page.replace(/(<!-- costs: ([a-z ]+) -->)[^]*?(<!-- \/costs -->)/g, (_, head, name, tail) => {
    if (!Object.hasOwn(BLOCKS, name)) throw new Error(`docs/scaling.md: there is no table "${name}"`);
    return `${head}\n\n${BLOCKS[name](cost)}\n\n${tail}`;
  });

module.exports = { withTables };
