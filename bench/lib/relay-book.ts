/** What was measured in bench/relay, and the figures that follow from it. */
import { median } from './median';
import type { Target, TargetName, Transport } from './relay-servers';
import { SIDES, type Cost, type Load, type SideName } from './relay-sides';

export const TARGETS = ['sink', 'versitygw'] as const;
export const TRANSPORTS = ['plain', 'tls'] as const;
const GIB = 2 ** 30;

export type Loads = Readonly<Record<Load['name'], Load>>;

/** Costs by side, load and target. */
export class Book {
  private readonly costs = new Map<string, Cost[]>();

  add(side: SideName, load: Load, { name, transport }: Target, cost: Cost): void {
    const key = keyOf(side, load, name, transport);
    this.costs.set(key, [...(this.costs.get(key) ?? []), cost]);
  }

  /** Undefined where it was not measured. */
  get(side: SideName, load: Load, target: TargetName = 'sink', transport: Transport = 'plain'): Cost | undefined {
    const costs = this.costs.get(keyOf(side, load, target, transport));
    return costs === undefined
      ? undefined
      : { cpuSec: median(costs.map(({ cpuSec }) => cpuSec)), seconds: median(costs.map(({ seconds }) => seconds)) };
  }

  /** All that was measured: CPU seconds per GiB and seconds, and objects per second of small ones. */
  figures(loads: Loads): Record<string, number> {
    const all: Record<string, number> = {};
    for (const target of TARGETS) {
      for (const transport of TRANSPORTS) {
        for (const load of Object.values(loads)) {
          for (const side of SIDES) {
            const cost = this.get(side, load, target, transport);
            if (cost === undefined) continue;
            const name = `${side}_${load.name}_${target}_${transport}`;
            all[`cpu_s_per_gib_${name}`] = cost.cpuSec / ((load.files * load.sizeBytes) / GIB);
            all[`seconds_${name}`] = cost.seconds;
            if (load.name === 'small') all[`objects_per_s_${name}`] = load.files / cost.seconds;
          }
        }
      }
    }
    return all;
  }
}

const keyOf = (side: SideName, load: Load, target: TargetName, transport: Transport): string =>
  [side, load.name, target, transport].join(' ');

/** Those whose sides have both been measured. */
export function ratios(measured: Book, { large, small }: Loads): Record<string, number> {
  const ours = measured.get('engine', large);
  const against = (side: SideName, value: (cost: Cost) => number): number | undefined => {
    const theirs = measured.get(side, large);
    return ours === undefined || theirs === undefined ? undefined : value(ours) / value(theirs);
  };
  const cpu = ({ cpuSec }: Cost): number => cpuSec;
  const wall = ({ seconds }: Cost): number => seconds;
  const temporal = measured.get('temporal', large, 'versitygw');
  const beside = measured.get('engine', large, 'versitygw');
  const [oursSmall, boto3Small] = [measured.get('engine', small), measured.get('boto3', small)];
  const all = {
    cpu_vs_boto3: against('boto3', cpu),
    cpu_vs_aiohttp: against('aiohttp', cpu),
    cpu_vs_rclone: against('rclone', cpu),
    wall_vs_curl_pipe: against('curl', wall),
    wall_vs_boto3: against('boto3', wall),
    wall_vs_rclone: against('rclone', wall),
    temporal_vs_engine: temporal === undefined || beside === undefined ? undefined : temporal.seconds / beside.seconds,
    small_vs_boto3:
      oursSmall === undefined || boto3Small === undefined ? undefined : boto3Small.seconds / oursSmall.seconds,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, number] => entry[1] !== undefined));
}
