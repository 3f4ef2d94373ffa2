/** The storm as a command: `npm run storm -- --help`. Progress goes to standard error, the result to standard output. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import * as fc from 'fast-check';
import { realNowMs } from './clock';
import { MUTANTS, type Mutant } from './mutants';
import { runScenario, warmUp } from './run';
import { scenarios, type Scenario } from './scenario';

const PROGRESS_EVERY_MS = 5_000;
/** A planted bug that is not found by then is not found. */
const MUTANT_RUNS = 2_000;
/** Enough to get from a scenario of forty fields to the few that matter, in seconds. */
const SHRINK_RUNS = 3_000;

const wholeNumber = (text: string): number => {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('A whole number is needed.');
  return Number(text);
};
const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('A number above 0 is needed.');
  return value;
};

/** What was broken once, shrunk: run before all else. `--seed 0` is none of the seeds. */
const KNOWN = JSON.parse(readFileSync(path.join(__dirname, 'cases.json'), 'utf8')) as readonly {
  readonly why: string;
  readonly scenario: Scenario;
}[];

interface Options {
  readonly seed?: number;
  readonly from: number;
  readonly runs: number;
  readonly minutes?: number;
  readonly case?: string;
  readonly mutants?: boolean | string;
  readonly json?: boolean;
  readonly trace?: boolean;
}

interface Failure {
  readonly seed: number;
  readonly message: string;
  readonly scenario: Scenario;
  readonly trace: readonly string[];
}

/** The scenario of a seed is the same wherever it is asked for. */
const parameters = (seed: number): fc.Parameters<[Scenario]> => ({ seed, numRuns: 1, endOnFailure: false });

function scenarioOf(seed: number): Scenario {
  let found: Scenario | undefined;
  fc.check(
    fc.property(scenarios, (scenario) => {
      found = scenario;
    }),
    parameters(seed),
  );
  if (found === undefined) throw new Error(`Seed ${seed} gives no scenario`);
  return found;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Undefined where every promise held. */
async function failureOf(scenario: Scenario, seed: number): Promise<Failure | undefined> {
  const trace: string[] = [];
  try {
    await runScenario(scenario, trace);
    return undefined;
  } catch (error) {
    return { seed, message: messageOf(error), scenario, trace };
  }
}

const promiseOf = ({ message }: Failure): string =>
  message
    .split(': ', message.includes('succeeds: ') ? 2 : 1)
    .slice(0, 2)
    .join(': ');

/** The smallest scenario that fast-check finds to break a promise too; its last trace. */
async function shrunk(failure: Failure): Promise<Failure> {
  let left = SHRINK_RUNS;
  let smallest = failure;
  await fc.check(
    fc.asyncProperty(scenarios, async (scenario) => {
      left -= 1;
      const found = left < 0 ? undefined : await failureOf(scenario, failure.seed);
      // Another promise that is broken on the way is another story.
      if (found === undefined || promiseOf(found) !== promiseOf(failure)) return true;
      smallest = found;
      return false;
    }),
    parameters(failure.seed),
  );
  return smallest;
}

interface Summary {
  readonly runs: number;
  readonly seconds: number;
  readonly runsPerSecond: number;
  readonly failure?: Failure;
}

async function storm(options: Options): Promise<Summary> {
  await warmUp();
  const startMs = realNowMs();
  const untilMs = options.minutes === undefined ? Infinity : startMs + options.minutes * 60_000;
  const most = options.minutes === undefined ? options.runs : Infinity;
  let runs = 0;
  let toldMs = startMs;
  let failure: Failure | undefined;
  const isHunt = process.env['LONGHAUL_STORM_MUTANT'] !== undefined;
  for (const { scenario } of isHunt ? [] : KNOWN) failure ??= await failureOf(scenario, 0);
  for (let seed = options.from; runs < most && realNowMs() < untilMs && failure === undefined; seed += 1) {
    failure = await failureOf(scenarioOf(seed), seed);
    runs += 1;
    if (realNowMs() - toldMs < PROGRESS_EVERY_MS) continue;
    toldMs = realNowMs();
    const perSecond = (runs * 1_000) / (toldMs - startMs);
    process.stderr.write(`storm: ${runs} runs, ${perSecond.toFixed(0)} a second, the last was seed ${seed}\n`);
  }
  const seconds = (realNowMs() - startMs) / 1_000;
  const summary = { runs, seconds, runsPerSecond: runs / seconds };
  return failure === undefined ? summary : { ...summary, failure };
}

function print(summary: Summary, first: Failure | undefined, isJson: boolean): void {
  const { runs, seconds, runsPerSecond, failure } = summary;
  if (isJson) {
    const told = failure && { seed: failure.seed, message: failure.message, scenario: failure.scenario };
    process.stdout.write(`${JSON.stringify({ runs, seconds, runsPerSecond, failure: told ?? null })}\n`);
    return;
  }
  process.stdout.write(`${runs} runs in ${seconds.toFixed(1)} s, ${runsPerSecond.toFixed(0)} a second\n`);
  if (failure === undefined) {
    process.stdout.write('No promise was broken\n');
    return;
  }
  const lines = [
    `Broken with seed ${failure.seed}: ${first?.message ?? failure.message}`,
    '',
    `Shrunk: ${failure.message}`,
    ...failure.trace.map((line) => `  ${line}`),
    '',
    `Replay it:   npm run storm -- --seed ${failure.seed}`,
    `The shrunk:  npm run storm -- --trace --case '${JSON.stringify(failure.scenario)}'`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Each planted bug in a process of its own, since it is planted as the sources are read. */
function huntMutants(names: string | undefined, isJson: boolean): boolean {
  const chosen = MUTANTS.filter(({ name }) => names === undefined || names.split(',').includes(name));
  const rows = chosen.map((mutant) => hunt(mutant));
  if (isJson) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else {
    for (const { name, runs, message, what } of rows) {
      const found = message === null ? `NOT FOUND in ${runs} runs` : `run ${String(runs).padStart(4)}  ${message}`;
      process.stdout.write(`${name.padEnd(26)} ${found}\n${' '.repeat(27)}${what}\n`);
    }
  }
  return rows.length > 0 && rows.every(({ message }) => message !== null);
}

interface Hunted {
  readonly name: string;
  readonly what: string;
  readonly runs: number;
  readonly message: string | null;
}

function hunt({ name, what }: Mutant): Hunted {
  const loader = path.join(__dirname, 'loader.cjs');
  const args = ['-r', loader, __filename, '--runs', String(MUTANT_RUNS), '--json'];
  const env = { ...process.env, LONGHAUL_STORM_MUTANT: name };
  const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`The storm did not run with "${name}": ${stderr}`);
  const result = JSON.parse(line) as { runs: number; failure: { message: string } | null };
  process.stderr.write(`storm: ${name}: ${result.failure === null ? 'not found' : `run ${result.runs}`}\n`);
  return { name, what, runs: result.runs, message: result.failure?.message.split('\n')[0] ?? null };
}

async function main(options: Options): Promise<boolean> {
  const isJson = options.json === true;
  if (options.mutants !== undefined) {
    return huntMutants(typeof options.mutants === 'string' ? options.mutants : undefined, isJson);
  }
  if (options.case !== undefined || options.trace === true) {
    await warmUp();
    const scenario =
      options.case === undefined ? scenarioOf(options.seed ?? options.from) : (JSON.parse(options.case) as Scenario);
    const trace: string[] = [];
    const outcome = await runScenario(scenario, trace).then(
      (report) => report.outcome,
      (error: unknown) => `Broken: ${messageOf(error)}`,
    );
    process.stdout.write(`${JSON.stringify(scenario)}\n${trace.map((line) => `  ${line}\n`).join('')}${outcome}\n`);
    return !outcome.startsWith('Broken');
  }
  const summary = await storm(options.seed === undefined ? options : { ...options, from: options.seed, runs: 1 });
  const { failure } = summary;
  // Of a planted bug the number of runs is asked for, not the smallest case.
  const isShrunk = failure !== undefined && failure.seed !== 0 && process.env['LONGHAUL_STORM_MUTANT'] === undefined;
  print(isShrunk ? { ...summary, failure: await shrunk(failure) } : summary, failure, isJson);
  return failure === undefined;
}

const command = new Command('storm')
  .description(
    'Drives the transfer engine against models of sources, stores and disks, with random faults and crashes.',
  )
  .option('--runs <n>', 'runs, each with a seed of its own', wholeNumber, 2_000)
  .option('--minutes <n>', 'instead: runs for so long', positive)
  .option('--from <seed>', 'the first seed; the next runs have the next ones', wholeNumber, 1)
  .option('--seed <seed>', 'one run alone', wholeNumber)
  .option('--case <json>', 'one scenario, as a failure prints it')
  .option('--trace', 'prints what happened in one run')
  .option('--mutants [names]', 'plants each bug of test/storm/mutants.ts, and says how many runs found it')
  .option('--json', 'the result as JSON')
  .addHelpText(
    'after',
    `
Examples:
  npm run storm                        2,000 runs
  npm run storm -- --runs 20000        more of them
  npm run storm -- --minutes 30 --from 1000000
  npm run storm -- --seed 4711         one run again, exactly; where it fails, its smallest case
  npm run storm -- --seed 4711 --trace what happened in it
  npm run storm -- --mutants           whether planted bugs are found`,
  );

void (async () => {
  const isGood = await main(command.parse().opts<Options>());
  process.exitCode = isGood ? 0 : 1;
})();
