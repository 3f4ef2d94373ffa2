/** What one run is made of. Plain data, so that it can be shrunk, printed and run again. */
import * as fc from 'fast-check';
import { DISK_FAULTS, SOURCE_FAULTS, STORE_FAULTS, WORLD_FAULTS } from './faults';
import type { SourceFlavour } from './http-source-model';
import type { StoreFlavour } from './s3-model';

export interface PlannedFault {
  readonly side: 'source' | 'store' | 'disk';
  /** Counted over the whole run, from 0. */
  readonly nth: number;
  readonly name: string;
  /** A place in the body, or a choice; taken modulo what there is. */
  readonly at: number;
}

export interface PlannedChange {
  /** Requests to the source before it. */
  readonly after: number;
  readonly kind: 'sameLength' | 'longer' | 'shorter' | 'untouched';
}

export interface PlannedCrash {
  /** Events since the last crash. */
  readonly afterSteps: number;
  /** When a part is next on its way, if that is soon: what it leaves at the store is torn, whole or nothing. */
  readonly isMidPart: boolean;
  /**
   * kill: the process. power: the machine. zombie: Temporal takes it for dead, and it works on. shutdown: it is told to stop.
   */
  readonly kind: 'kill' | 'power' | 'zombie' | 'shutdown';
  /** How many checkpoints the last heartbeat was behind. */
  readonly lag: number;
}

export interface Scenario {
  /** Of delays, chunk sizes and the disk's luck. */
  readonly schedule: number;
  readonly job: 'object' | 'file';
  readonly from: 'http' | 's3';
  readonly sizeBytes: number;
  readonly partSizeBytes: number;
  readonly lanes: number;
  /** The budget in parts; less than the lanes: they wait for each other. */
  readonly memoryParts: number;
  readonly publish: 'direct' | 'atomic';
  readonly sha256: 'none' | 'right' | 'wrong';
  readonly ifAbsent: boolean;
  /** Somebody's object lies under the key. */
  readonly hasOld: boolean;
  /** Somebody's uploads lie under the key and beside it. */
  readonly hasForeign: boolean;
  readonly pageSize: number;
  readonly source: SourceFlavour;
  readonly store: StoreFlavour;
  readonly faults: readonly PlannedFault[];
  readonly changes: readonly PlannedChange[];
  readonly crashes: readonly PlannedCrash[];
  /** Cancelled after so many events. */
  readonly cancelAfter: number | undefined;
  /** The run fails elsewhere when this record is through: it is taken back. */
  readonly isTakenBack: boolean;
}

export const MAX_BYTES = 256 * 1024;

const rarely = (): fc.Arbitrary<boolean> => fc.nat({ max: 4 }).map((n) => n === 4);
const mostly = (): fc.Arbitrary<boolean> => fc.nat({ max: 4 }).map((n) => n !== 4);

/** Sizes around the edges of parts, where mistakes are; a few runs with larger parts, which come in many pieces. */
const shape = fc
  .record({
    part: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 600 }) },
      { weight: 1, arbitrary: fc.integer({ min: 4_096, max: 40_000 }) },
    ),
    parts: fc.nat({ max: 6 }),
    edge: fc.constantFrom(-1, 0, 1, 7),
    rest: fc.nat(),
    isEdge: fc.boolean(),
  })
  .map(({ part, parts, edge, rest, isEdge }) => ({
    partSizeBytes: part,
    sizeBytes: Math.max(0, Math.min(MAX_BYTES, parts * part + (isEdge ? edge : rest % part))),
  }));

const faultsOf = (side: PlannedFault['side'], names: readonly string[]): fc.Arbitrary<PlannedFault> =>
  fc.record({
    side: fc.constant(side),
    nth: fc.nat({ max: side === 'source' ? 8 : 14 }),
    name: fc.constantFrom(...names),
    at: fc.nat({ max: 70_000 }),
  });

const [EXPIRED, UPLOAD_LOST] = WORLD_FAULTS;
const sourceFaults = faultsOf('source', [...Object.keys(SOURCE_FAULTS), EXPIRED]);
/** What the engine must survive without a word; the others may end a record. */
const gentleSource = faultsOf('source', [
  ...[
    'dns',
    'resetBefore',
    'resetAfter',
    'stallBefore',
    'stallAfter',
    'cutBody',
    'endBody',
    'stallBody',
    'drip',
    'noLength',
  ],
  ...[
    'throttled503',
    'throttled429',
    'internal',
    'badGateway',
    'wholeForRange',
    'redirectSame',
    'redirectOther',
    EXPIRED,
  ],
]);
const storeFaults = faultsOf('store', [...Object.keys(STORE_FAULTS), UPLOAD_LOST]);
const diskFaults = faultsOf('disk', DISK_FAULTS);

const crash = fc.record({
  afterSteps: fc.nat({ max: 120 }),
  kind: fc.constantFrom('kill' as const, 'kill' as const, 'power' as const, 'zombie' as const, 'shutdown' as const),
  lag: fc.nat({ max: 3 }),
});

const raw = fc.record({
  schedule: fc.nat(),
  job: fc.constantFrom('object' as const, 'object' as const, 'object' as const, 'file' as const),
  from: fc.constantFrom('http' as const, 'http' as const, 's3' as const),
  shape,
  lanes: fc.integer({ min: 1, max: 4 }),
  memoryParts: fc.integer({ min: 1, max: 5 }),
  publish: fc.constantFrom('direct' as const, 'atomic' as const),
  sha256: fc.constantFrom('none' as const, 'none' as const, 'none' as const, 'right' as const, 'wrong' as const),
  ifAbsent: rarely(),
  hasOld: fc.boolean(),
  hasForeign: fc.boolean(),
  pageSize: fc.constantFrom(1, 2, 1_000, 1_000),
  source: fc.record({
    validator: fc.constantFrom('strong' as const, 'strong' as const, 'date' as const, 'weak' as const, 'none' as const),
    knowsRanges: mostly(),
    knowsIfRange: mostly(),
    declaresLength: mostly(),
  }),
  store: fc.record({
    repeatsComplete: fc.boolean(),
    listsChecksums: mostly(),
    tellsChecksum: mostly(),
    isVersioned: rarely(),
    keepsTorn: fc.boolean(),
  }),
  faults: fc.array(fc.oneof(sourceFaults, gentleSource, gentleSource, storeFaults, storeFaults, diskFaults), {
    maxLength: 5,
  }),
  changes: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.record({
          after: fc.nat({ max: 8 }),
          kind: fc.constantFrom(
            'sameLength' as const,
            'sameLength' as const,
            'longer' as const,
            'shorter' as const,
            'untouched' as const,
          ),
        }),
        { maxLength: 2 },
      ),
    },
  ),
  crashes: fc.array(crash, { maxLength: 3 }),
  cancelAfter: fc.oneof(
    { weight: 7, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.nat({ max: 200 }) },
  ),
  isTakenBack: rarely(),
  // Drawn last, so that a seed's other choices stay what they were.
  padsTorn: fc.boolean(),
  isMidPart: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
});

/** A damaged byte can be told only where somebody knows what the bytes should be. */
const isTold = ({
  job,
  from,
  sha256,
  store,
}: Pick<Scenario, 'job' | 'from' | 'sha256'> & { readonly store: Pick<StoreFlavour, 'tellsChecksum'> }): boolean =>
  job === 'file' || sha256 === 'right' || (from === 's3' && store.tellsChecksum);

export const scenarios: fc.Arbitrary<Scenario> = raw.map(({ shape: sizes, faults, padsTorn, isMidPart, ...rest }) => ({
  ...rest,
  ...sizes,
  store: { ...rest.store, padsTorn },
  // A file sends no parts.
  crashes: rest.crashes.map((each, index) => ({
    ...each,
    isMidPart: rest.job === 'object' && isMidPart[index] === true,
  })),
  from: rest.job === 'file' ? ('s3' as const) : rest.from,
  faults: faults.filter(
    ({ side, name }) =>
      (name !== 'flipAnswer' || isTold(rest)) &&
      (side !== 'disk' || rest.job === 'file') &&
      (rest.job === 'object' || side !== 'store'),
  ),
}));

/** Two parts from one S3 to another, and nothing goes wrong. */
export const PLAIN: Scenario = {
  schedule: 1,
  job: 'object',
  from: 's3',
  sizeBytes: 700,
  partSizeBytes: 500,
  lanes: 2,
  memoryParts: 2,
  publish: 'atomic',
  sha256: 'none',
  ifAbsent: false,
  hasOld: true,
  hasForeign: true,
  pageSize: 1,
  source: { validator: 'strong', knowsRanges: true, knowsIfRange: true, declaresLength: true },
  store: {
    repeatsComplete: true,
    listsChecksums: true,
    tellsChecksum: true,
    isVersioned: false,
    keepsTorn: false,
    padsTorn: false,
  },
  faults: [],
  changes: [],
  crashes: [],
  cancelAfter: undefined,
  isTakenBack: false,
};
