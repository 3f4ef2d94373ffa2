/** The storm for as long as a test may take; `npm run storm -- --minutes 30` goes on. See docs/storm.md. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { MUTANTS } from './mutants';

const ROOT = path.join(__dirname, '../..');
const RUNS = 600;
/** One run takes some 10 ms of CPU; a busy machine takes its time. */
const TIMEOUT_MS = 600_000;

interface Ended {
  readonly stdout: string;
  readonly code: number;
}

/** In a process of its own: it has its own clock, and its own idea of what the engine's modules are. */
async function storm(...args: string[]): Promise<Ended> {
  const run = promisify(execFile)(process.execPath, [path.join(ROOT, 'scripts/storm.mjs'), ...args], { cwd: ROOT });
  return run.then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: unknown) => {
      const { stdout, code } = error as Ended;
      return { stdout, code };
    },
  );
}

test(
  `${RUNS} seeds, and what was broken once: no promise is broken`,
  async () => {
    const { stdout, code } = await storm('--runs', String(RUNS), '--json');
    expect(JSON.parse(stdout)).toMatchObject({ runs: RUNS, failure: null });
    expect(code).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  'a seed gives the same run each time, to the millisecond',
  async () => {
    const [first, second] = await Promise.all([storm('--seed', '3', '--trace'), storm('--seed', '3', '--trace')]);
    expect(first.stdout).toMatch(/ s {2}(open|restore) 1: GET /);
    expect(second).toEqual(first);
  },
  TIMEOUT_MS,
);

test('every planted bug is planted in the sources as they are', () => {
  const faults = MUTANTS.flatMap(({ name, edits }) =>
    edits
      .filter(({ file, find }) => readFileSync(path.join(ROOT, file), 'utf8').split(find).length !== 2)
      .map(({ file }) => `${name}: ${file}`),
  );
  expect(faults).toEqual([]);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(10);
});

test(
  'planted bugs are found',
  async () => {
    const names = ['no-validator', 'trust-the-heartbeat', 'no-fdatasync', 'whole-for-range'];
    const { stdout, code } = await storm('--mutants', names.join(','), '--json');
    const rows = JSON.parse(stdout) as { name: string; message: string | null }[];
    expect(rows.map(({ name }) => name)).toEqual(names);
    expect(rows.filter(({ message }) => message === null)).toEqual([]);
    expect(code).toBe(0);
  },
  TIMEOUT_MS,
);
