/** What every measurement shares: its arguments, its goals and the form of its result. */
import { cpus, totalmem, type } from 'node:os';
import { parseArgs } from 'node:util';

export interface Goal {
  readonly max?: number;
  readonly min?: number;
}

export interface Measured {
  /** Every key carries its unit, as names do in the code. */
  readonly figures: Readonly<Record<string, number>>;
  /** Keys are those of `figures`. */
  readonly goals: Readonly<Record<string, Goal>>;
}

/** The one object that `--json` prints. */
export interface BenchResult extends Measured {
  readonly name: string;
  readonly machine: string;
  /** The options it ran with: a figure of a smaller run is no figure of the real one. */
  readonly options: Readonly<Record<string, number | string>>;
  readonly met: boolean;
}

/** Sizes, counts and words with their defaults, which are those of the published figures. */
export type Defaults = Readonly<Record<string, number | string>>;

export type Options<D extends Defaults> = { readonly [K in keyof D]: D[K] extends number ? number : string };

export interface BenchRun<D extends Defaults> {
  readonly options: Options<D>;
  /** To standard error: standard output is the result alone. */
  readonly say: (line: string) => void;
}

const machine = (): string => {
  const [first] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${first?.model.trim() ?? 'unknown CPU'}, ${gib} GiB, ${type()}, Node ${process.version}`;
};

const isMet = (value: number | undefined, { max, min }: Goal): boolean =>
  value !== undefined && (max === undefined || value <= max) && (min === undefined || value >= min);

const goalText = ({ max, min }: Goal): string =>
  [...(max === undefined ? [] : [`at most ${max}`]), ...(min === undefined ? [] : [`at least ${min}`])].join(', ');

const rounded = (value: number): number => Number(value.toPrecision(4));

function table({ name, machine: where, options, figures, goals, met }: BenchResult): string {
  const chosen = Object.entries(options).map(([key, value]) => `${key} ${value}`);
  const rows = Object.entries(figures).map(([key, value]) => {
    const goal = goals[key];
    const verdict = goal === undefined ? '' : `${goalText(goal)}: ${isMet(value, goal) ? 'met' : 'MISSED'}`;
    return `  ${key.padEnd(36)}${String(value).padStart(12)}  ${verdict}`.trimEnd();
  });
  return [`${name} (${chosen.join(', ')})`, `  ${where}`, ...rows, met ? 'All goals met.' : 'Goals MISSED.'].join('\n');
}

const MAX_SIZE = 1_000_000;

/** Ascending, from text such as `1000,10000`. Throws an Error that names the option. */
export function readSizes(option: string, text: string): number[] {
  const sizes = text.split(',').map((each) => (/^\d{1,7}$/.test(each.trim()) ? Number(each) : NaN));
  if (sizes.some((size) => !(size >= 1 && size <= MAX_SIZE)))
    throw new Error(`${option}: expected numbers from 1 to ${MAX_SIZE}, such as 1000,10000`);
  return sizes.sort((a, b) => a - b);
}

const helpText = (name: string, defaults: Defaults): string =>
  [
    `npm run bench -- ${name} [--json]${Object.entries(defaults)
      .map(([key, fallback]) => ` [--${key} ${fallback}]`)
      .join('')}`,
    'What it measures, and what it needs: docs/benchmarks.md. Values shown are the defaults.',
    '',
  ].join('\n');

/** A number where the default is one: `--records 1000`. Throws an Error that names the option. */
function readOptions<D extends Defaults>(defaults: D): { json: boolean; isHelp: boolean; options: Options<D> } {
  const flags = Object.fromEntries(Object.keys(defaults).map((key) => [key, { type: 'string' as const }]));
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean' }, ...flags } });
  const given = values as Record<string, string | boolean | undefined>;
  const options = Object.fromEntries(
    Object.entries<number | string>(defaults).map(([key, fallback]): [string, number | string] => {
      const text = given[key];
      if (typeof fallback === 'string') return [key, typeof text === 'string' ? text : fallback];
      const value = text === undefined ? fallback : Number(text);
      if (!(value > 0)) throw new Error(`--${key}: expected a number above 0`);
      return [key, value];
    }),
  );
  return { json: values['json'] === true, isHelp: values['help'] === true, options: options as Options<D> };
}

/**
 * Runs a measurement and prints its result, as a table or with `--json` as one object. Exit code 0 also where a goal is
 * missed, because the figure is the result; 1 where nothing could be measured.
 */
export async function bench<D extends Defaults>(
  name: string,
  defaults: D,
  measure: (run: BenchRun<D>) => Promise<Measured>,
): Promise<void> {
  try {
    const { json, isHelp, options } = readOptions(defaults);
    if (isHelp) {
      process.stdout.write(helpText(name, defaults));
      return;
    }
    const startedMs = performance.now();
    const say = (line: string): void => {
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      process.stderr.write(`[${seconds.padStart(6)} s] ${line}\n`);
    };
    const { figures: exact, goals } = await measure({ options, say });
    const figures = Object.fromEntries(Object.entries(exact).map(([key, value]) => [key, rounded(value)]));
    const met = Object.entries(goals).every(([key, goal]) => isMet(figures[key], goal));
    const result: BenchResult = { name, machine: machine(), options, figures, goals, met };
    process.stdout.write(`${json ? JSON.stringify(result) : table(result)}\n`);
  } catch (error) {
    process.stderr.write(`bench ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
