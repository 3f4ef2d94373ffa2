/** What a plan supposes of its surroundings: speeds, which this project's benches measure, and prices, which are the user's. Pure. */

export interface Assumption {
  readonly value: number;
  readonly unit: string;
  readonly meaning: string;
  /** Where the default comes from. */
  readonly from: string;
}

/** When the list prices below were looked up. They change, and differ by region and contract. */
export const PRICES_AS_OF = '2025-01';

const MACHINE = '2 cores, development servers on the same machine';

/** By the names of `longhaul plan --assume name=value` and of its file. */
export const ASSUMPTIONS = {
  'temporal.records_per_s': {
    value: 120,
    unit: 'records/s',
    meaning:
      'Records of one activity that the Temporal server and all workers finish together, however many slots there are',
    from: `bench/fanout, ${MACHINE}`,
  },
  'temporal.child_weight': {
    value: 3,
    unit: 'records',
    meaning: 'What a record costs more where it has a workflow of its own: a file of several parts, or a prefix',
    from: `bench/fanout, the bare limit, ${MACHINE}`,
  },
  'temporal.cpu_ms_per_record': {
    value: 6.1,
    unit: 'ms',
    meaning: 'CPU time of the Temporal server for a record of one activity',
    from: `bench/fanout, ${MACHINE}`,
  },
  'temporal.retention_days': {
    value: 7,
    unit: 'days',
    meaning: 'How long the namespace keeps closed histories',
    from: 'a choice',
  },
  'temporal.actions_per_s_limit': {
    value: 500,
    unit: 'actions/s',
    meaning: 'What the namespace lets through',
    from: 'Temporal Cloud, default of a namespace',
  },
  'worker.processes': {
    value: 1,
    unit: 'processes',
    meaning: 'Worker processes of the transfer role',
    from: 'a choice',
  },
  'worker.mib_per_s': {
    value: 200,
    unit: 'MiB/s',
    meaning: 'What one worker process moves; a network that gives less sets it',
    from: `bench/memory, ${MACHINE}`,
  },
  'worker.cpu_s_per_gib': {
    value: 2.1,
    unit: 's',
    meaning: 'CPU time of the worker for 1 GiB',
    from: `bench/memory, ${MACHINE}`,
  },
  'worker.cpu_ms_per_record': {
    value: 5.8,
    unit: 'ms',
    meaning: 'CPU time of the worker for a record, beside its bytes',
    from: `bench/fanout, ${MACHINE}`,
  },
  'source.latency_ms': { value: 50, unit: 'ms', meaning: 'Until the source answers one request', from: 'a choice' },
  's3.latency_ms': { value: 30, unit: 'ms', meaning: 'Until S3 answers one request', from: 'a choice' },
  'price.s3_write_per_1000': {
    value: 0.005,
    unit: 'USD',
    meaning: '1,000 PUT, COPY, POST and LIST requests',
    from: `S3 Standard, us-east-1, ${PRICES_AS_OF}`,
  },
  'price.s3_read_per_1000': {
    value: 0.0004,
    unit: 'USD',
    meaning: '1,000 GET and HEAD requests',
    from: `S3 Standard, us-east-1, ${PRICES_AS_OF}`,
  },
  'price.s3_gb_month': {
    value: 0.023,
    unit: 'USD',
    meaning: 'A GB stored for a month; told beside the cost of the run, not in it',
    from: `S3 Standard, us-east-1, ${PRICES_AS_OF}`,
  },
  'price.source_per_gb': { value: 0, unit: 'USD', meaning: 'A GB read from the source', from: 'a choice' },
  'price.temporal_per_million_actions': {
    value: 50,
    unit: 'USD',
    meaning: '1,000,000 Actions; 0 for a server of your own',
    from: `Temporal Cloud, first tier, ${PRICES_AS_OF}`,
  },
  'price.temporal_gb_hour': {
    value: 0.00105,
    unit: 'USD',
    meaning: 'A GB of closed histories for an hour; 0 for a server of your own',
    from: `Temporal Cloud, retained storage, ${PRICES_AS_OF}`,
  },
  'price.vcpu_hour': {
    value: 0.04,
    unit: 'USD',
    meaning: 'An hour of a core, for the CPU time of the workers',
    from: `Fargate, us-east-1, ${PRICES_AS_OF}`,
  },
} as const satisfies Readonly<Record<string, Assumption>>;

export type AssumptionName = keyof typeof ASSUMPTIONS;
export const ASSUMPTION_NAMES = Object.keys(ASSUMPTIONS) as AssumptionName[];

export type Assumptions = Readonly<Record<AssumptionName, number>>;

export const isAssumptionName = (name: string): name is AssumptionName => Object.hasOwn(ASSUMPTIONS, name);

/** The defaults, and in their place what is given. */
export const withDefaults = (given: Partial<Assumptions> = {}): Assumptions => {
  const values = Object.fromEntries(ASSUMPTION_NAMES.map((name) => [name, given[name] ?? ASSUMPTIONS[name].value]));
  return values as Record<AssumptionName, number>;
};
