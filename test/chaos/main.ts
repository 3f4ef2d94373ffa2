/** `npm run chaos`: reads its options, runs, prints. Exit code 0 where nothing was lost and nothing is left, else 1. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runChaos, type ChaosResult } from './run';

const HELP = `Kills workers, the S3 server and the Temporal server at random while jobs run, breaks their connections, and then
checks every object byte for byte and the books.

  npm run chaos -- [options]

  --minutes N   How long (default 10; checking comes after that)
  --seed N      The same choices again, timing apart (default: a new one, which is printed)
  --workers N   Worker processes (default 3)
  --jobs N      Jobs at once (default 4)
  --faults N    Of a hundred requests to S3 and to sources, how many go wrong (default 3)
  --json        One object on standard output, instead of a table
  --help

Examples:
  npm run chaos -- --minutes 10
  npm run chaos -- --minutes 2 --seed 4711 --json

Progress goes to standard error. Ctrl-C ends the strikes; the books are checked all the same.
`;

/** Two activity retries at their longest interval, and a heartbeat timeout, several times over. */
const DRAIN_MS = 300_000;

interface Arguments {
  readonly json: boolean;
  readonly minutes: number;
  readonly seed: number;
  readonly workers: number;
  readonly jobs: number;
  readonly faults: number;
}

function readArguments(): Arguments | 'help' {
  const numbers = { minutes: 10, seed: randomInt(1, 1_000_000), workers: 3, jobs: 4, faults: 3 };
  const flags = Object.fromEntries(Object.keys(numbers).map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean' }, ...flags } });
  if (values['help'] === true) return 'help';
  const given = values as Record<string, unknown>;
  const read = (name: keyof typeof numbers): number => {
    const value = given[name] === undefined ? numbers[name] : Number(given[name]);
    const least = name === 'faults' ? 0 : Number.MIN_VALUE;
    if (!(value >= least))
      throw new Error(`--${name}: expected a number ${name === 'faults' ? 'from 0 on' : 'above 0'}`);
    return value;
  };
  return {
    json: values['json'] === true,
    minutes: read('minutes'),
    ...{ seed: read('seed'), workers: read('workers'), jobs: read('jobs'), faults: read('faults') },
  };
}

const counts = (by: Readonly<Record<string, number>>): string =>
  Object.entries(by)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, n]) => `${n} ${name}`)
    .join(', ');

const table = (result: ChaosResult): string =>
  [
    `seed        ${result.seed}`,
    `seconds     ${result.seconds}`,
    `kills       ${result.kills}`,
    `strikes     ${counts(result.strikes)}`,
    `faults      ${counts(result.faults)}`,
    `jobs        ${counts(result.jobs)}`,
    `endings     ${counts(result.endings)}`,
    `compared    ${result.compared} objects, ${(result.bytes / 2 ** 20).toFixed(0)} MiB, byte for byte`,
    ...result.problems.map((problem) => `PROBLEM     ${problem}`),
    result.problems.length === 0 ? 'Nothing lost, nothing left.' : `${result.problems.length} problems.`,
  ].join('\n');

async function main(): Promise<void> {
  const read = readArguments();
  if (read === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const { json, minutes, seed, workers, jobs, faults } = read;
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const startedMs = performance.now();
  const say = (line: string): void => {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    process.stderr.write(`[${seconds.padStart(6)} s] ${line}\n`);
  };
  const result = await runChaos({
    ...{ seed, workers, jobs, faultPercent: faults, durationMs: minutes * 60_000, drainMs: DRAIN_MS },
    ...{ say, signal: stop.signal },
  });
  process.stdout.write(`${json ? JSON.stringify(result) : table(result)}\n`);
  if (result.problems.length > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`chaos: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
