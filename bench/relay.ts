/**
 * HTTP to S3, side by side: Longhaul's engine, Longhaul through Temporal, and what people use today. The same files from the
 * same host, in rounds that take turns; figures are medians. CPU and wall time are without the start of any process.
 */
import { writeFileSync } from 'node:fs';
import { bench, type Goal } from './lib/bench';
import { Book, ratios, TARGETS, TRANSPORTS, type Loads } from './lib/relay-book';
import { barChart } from './lib/relay-plot';
import { withRelayServers, type Target } from './lib/relay-servers';
import { SIDES, withSides, type Cost, type Load, type Side, type SideName } from './lib/relay-sides';
import { withRig, type Rig } from './lib/rig';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const SIZES = ['large', 'medium', 'small'] as const;
/** Threads of the boto3 script, and objects at once of every other side. */
const SMALL_AT_ONCE = 16;
const MEDIUM_AT_ONCE = 4;

const DEFAULTS = {
  rounds: 3,
  mib: 1024,
  medium: 64,
  small: 2000,
  sides: SIDES.join(','),
  targets: TARGETS.join(','),
  transports: TRANSPORTS.join(','),
  sizes: SIZES.join(','),
  /** Where the plot goes; none without. */
  plot: '',
};

const LABELS: Readonly<Record<SideName, string>> = {
  engine: 'Longhaul',
  temporal: 'Longhaul, Temporal',
  boto3: 'requests + boto3',
  crt: 'requests + boto3, CRT',
  aiohttp: 'aiohttp + boto3',
  rclone: 'rclone copyurl',
  awscli: 'curl | aws s3 cp',
  curl: 'curl | curl',
};

const GOALS: Readonly<Record<string, Goal>> = {
  cpu_vs_boto3: { max: 0.5 },
  cpu_vs_aiohttp: { max: 0.4 },
  cpu_vs_rclone: { max: 0.65 },
  wall_vs_curl_pipe: { max: 1 },
  wall_vs_boto3: { max: 0.6 },
  wall_vs_rclone: { max: 1 },
  temporal_vs_engine: { max: 1.1 },
  small_vs_boto3: { min: 2 },
};

void bench('relay', DEFAULTS, async ({ options, say }) => {
  const sides = chosen('sides', options.sides, SIDES);
  const targets = chosen('targets', options.targets, TARGETS);
  const transports = chosen('transports', options.transports, TRANSPORTS);
  const sizes = chosen('sizes', options.sizes, SIZES);
  const loads: Loads = {
    large: { name: 'large', files: 1, sizeBytes: Math.floor(options.mib * MIB), concurrency: 1 },
    medium: { name: 'medium', files: options.medium, sizeBytes: 16 * MIB, concurrency: MEDIUM_AT_ONCE },
    small: { name: 'small', files: options.small, sizeBytes: 64 * 1024, concurrency: SMALL_AT_ONCE },
  };
  const measured = new Book();
  const measureAll = (rig: Rig | undefined): Promise<void> =>
    withRelayServers(say, rig, (servers) =>
      withSides({ servers, rig }, sides, say, async (present) => {
        for (const name of targets) {
          for (const transport of transports) {
            const target = await servers.target(name, transport);
            for (const size of sizes) await rounds(present, loads[size], target, options.rounds, measured, say);
          }
        }
      }),
    );
  const needsStack = targets.includes('versitygw') && transports.includes('plain');
  await (needsStack ? withRig(say, measureAll) : measureAll(undefined));
  const figures = { ...ratios(measured, loads), ...measured.figures(loads) };
  if (options.plot !== '') writeFileSync(options.plot, plotOf(measured, loads.large, sides));
  return { figures, goals: Object.fromEntries(Object.entries(GOALS).filter(([name]) => name in figures)) };
});

/** Words of a list, in the list's order. Throws an Error that names the option. */
function chosen<T extends string>(option: string, text: string, known: readonly T[]): readonly T[] {
  const wanted = text.split(',').map((word) => word.trim());
  const unknown = wanted.find((word) => !known.some((each) => each === word));
  if (unknown !== undefined) throw new Error(`--${option}: "${unknown}" is none of ${known.join(', ')}`);
  return known.filter((each) => wanted.includes(each));
}

async function rounds(
  sides: readonly Side[],
  load: Load,
  target: Target,
  count: number,
  measured: Book,
  say: (line: string) => void,
): Promise<void> {
  const where = `${target.name} ${target.transport} ${load.name}`;
  const present = sides.filter((side) => {
    const reason = side.absent(load, target);
    if (reason !== undefined) say(`${where}: without ${side.name} (${reason})`);
    return reason === undefined;
  });
  const failed = new Set<SideName>();
  for (let round = 1; round <= count; round += 1) {
    for (const side of present.filter(({ name }) => !failed.has(name))) {
      try {
        const cost = await side.measure(load, target);
        measured.add(side.name, load, target, cost);
        say(
          `${where}, round ${round}: ${side.name} ${cost.cpuSec.toFixed(2)} s of CPU in ${cost.seconds.toFixed(2)} s`,
        );
      } catch (error) {
        // Ours must work; of a peer that cannot do this, that is what there is to say.
        if (side.name === 'engine' || side.name === 'temporal') throw error;
        failed.add(side.name);
        say(`${where}: ${side.name} failed: ${String(error).slice(0, 500)}`);
        await target.take();
      }
    }
  }
}

function plotOf(measured: Book, large: Load, sides: readonly SideName[]): string {
  const bars = (value: (cost: Cost) => number): { label: string; value: number }[] =>
    sides.flatMap((side) => {
      const cost = measured.get(side, large);
      return cost === undefined ? [] : [{ label: LABELS[side], value: value(cost) }];
    });
  const gib = large.sizeBytes / GIB;
  return barChart([
    { title: 'HTTP to S3: CPU seconds per GiB', bars: bars(({ cpuSec }) => cpuSec / gib) },
    { title: 'Seconds per GiB', bars: bars(({ seconds }) => seconds / gib) },
  ]);
}
