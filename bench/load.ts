/**
 * Loading into Postgres, against psql's \copy of the same file from the local disk, and against INSERTs. Rounds take turns, on
 * tables of the same shape without indexes that were just made. End to end is everything: listing, staging through S3, COPY, count
 * check, swap, removing what was staged, with one connection, with two, and with as many as a data set has by default. `copy` is
 * the step from staged chunks to rows alone: for it everything is staged first. INSERTs of 1 and of 100 rows are transactions of
 * their own, as a client has it that says nothing else; those of 1,000 are all in one, prepared, the best that INSERT can do.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startS3Server } from '../src/dev/s3-server';
import { ensureBucket } from '../src/dev/s3-client';
import { REPOSITORY_ROOT } from '../src/dev/tools';
import { createS3Destination, putStream } from '../src/transfer';
import { bench } from './lib/bench';
import { loadOnce, storeClient, type LoadJob, type LoadTimes } from './lib/load-once';
import { duckdbSeconds, insertRate, psqlCopy, psqlVersion, seconds } from './lib/load-peers';
import { median } from './lib/median';
import { startBenchPostgres, type BenchPostgres } from './lib/postgres';

const DEFAULTS = { rows: 5_000_000, rounds: 5, small: 1024, large: 4096, connections: 4, parquet: 3 };
const BUCKET = 'bench-load';
const KEYS = { accessKeyId: 'bench', secretAccessKey: 'bench-secret' };
const COLUMNS = ['id', 'name', 'amount', 'at', 'flag'];
const TABLE = '(id bigint, name text, amount numeric(12,2), at timestamptz, flag boolean)';
const MIB = 2 ** 20;
/** Rows of INSERTs: a rate needs no more, and one by one takes long. */
const INSERTS = {
  insert_1: { batch: 1, most: 2_000, isOneTransaction: false },
  insert_100: { batch: 100, most: 100_000, isOneTransaction: false },
  insert_1000: { batch: 1000, most: 200_000, isOneTransaction: true },
  insert_1000_autocommit: { batch: 1000, most: 200_000, isOneTransaction: false },
} as const;
type InsertName = keyof typeof INSERTS;
const INSERT_NAMES = Object.keys(INSERTS) as InsertName[];
const PARQUET = path.join(REPOSITORY_ROOT, 'node_modules', 'vega-datasets', 'data', 'flights-3m.parquet');
const PARQUET_COLUMNS = ['date', 'delay', 'distance', 'origin', 'destination'];

const two = (value: number): string => String(value).padStart(2, '0');
const rowOf = (n: number): readonly [number, string, string, string, string] => [
  n,
  `customer ${(n * 7919) % 1_000_003}`,
  `${(n * 31) % 90_000}.${two(n % 100)}`,
  `2024-${two((n % 12) + 1)}-${two((n % 28) + 1)} ${two(n % 24)}:${two(n % 60)}:00+00`,
  n % 3 === 0 ? 't' : 'f',
];

/** A header and rows, some 64 KiB a piece, until there are enough. */
function* csv(enough: (rows: number, bytes: number) => boolean): Generator<Buffer> {
  let text = `${COLUMNS.join(',')}\n`;
  let bytes = 0;
  let rows = 0;
  while (!enough(rows, bytes + text.length)) {
    text += `${rowOf(rows).join(',')}\n`;
    rows += 1;
    if (text.length < 64 * 1024) continue;
    bytes += text.length;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

void bench('load', DEFAULTS, async ({ options, say }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-bench-load-'));
  const store = await startS3Server({
    dataDir: folder,
    logDir: folder,
    credentials: KEYS,
    keepAlive: true,
    versioning: false,
  });
  const postgres = await startBenchPostgres().catch(async (error: unknown) => {
    await store.stop();
    throw error;
  });
  const place = { endpoint: store.endpoint, region: store.region, ...KEYS };
  const client = storeClient(place);
  const job: LoadJob = {
    ...place,
    bucket: BUCKET,
    prefix: 'rows/',
    databaseUrl: postgres.url,
    table: 'ours',
    columns: COLUMNS,
    connections: 1,
  };
  const signal = new AbortController().signal;
  try {
    await ensureBucket(client, BUCKET);
    const destination = createS3Destination({ client, bucket: BUCKET });
    const put = (key: string, body: Readable): Promise<void> =>
      putStream(destination, key, body, { contentType: 'application/octet-stream', signal });
    const file = path.join(folder, 'rows.csv');
    say(`Writing ${options.rows} rows`);
    await pipeline(Readable.from(csv((rows) => rows >= options.rows)), createWriteStream(file));
    await put('rows/rows.csv', createReadStream(file, { highWaterMark: MIB }));
    const psql = await psqlVersion();
    say(psql ?? 'psql is not measured: it is not installed (package postgresql-client)');

    const fresh = (table: string, shape = TABLE, kind = ''): Promise<unknown> =>
      postgres
        .query(`DROP TABLE IF EXISTS ${table}`)
        .then(() => postgres.query(`CREATE ${kind} TABLE ${table} ${shape}`));
    /** Every turn begins alike, whoever has it: an empty table, and no page that a checkpoint still has to write. */
    const turn = (table: string): Promise<unknown> => fresh(table).then(() => postgres.query('CHECKPOINT'));
    const ours = async (connections: number, isPhased: boolean): Promise<LoadTimes> => {
      await turn('ours');
      const times = await loadOnce({ ...job, connections, isPhased });
      const what = isPhased ? 'one step after the other' : 'chunks copied meanwhile';
      say(`ours, connections: ${connections}, ${what}: ${timesText(times)}`);
      return times;
    };
    const insert = async (name: InsertName): Promise<number> => {
      await turn('inserted');
      const { batch, most, isOneTransaction } = INSERTS[name];
      const count = Math.min(most, options.rows);
      const perSec = await insertRate(postgres.url, { table: 'inserted', batch, count, row: rowOf, isOneTransaction });
      say(`${name}: ${Math.round(perSec)} rows/s`);
      return perSec;
    };
    const counts = { one: 1, two: 2, default: options.connections };
    const phased = { one: [] as LoadTimes[], two: [] as LoadTimes[] };
    const whole = { one: [] as LoadTimes[], two: [] as LoadTimes[], default: [] as LoadTimes[] };
    const theirs: number[] = [];
    const inserted = new Map(INSERT_NAMES.map((name) => [name, [] as number[]]));
    // One round more, not counted: pages, connections and code are warm for all.
    for (let round = 0; round <= options.rounds; round += 1) {
      say(`round ${round}${round === 0 ? ', not counted' : ''}`);
      const isCounted = round > 0;
      for (const side of ['one', 'two'] as const) {
        const times = await ours(counts[side], true);
        if (isCounted) phased[side].push(times);
      }
      for (const side of ['one', 'two', 'default'] as const) {
        const times = await ours(counts[side], false);
        if (isCounted) whole[side].push(times);
      }
      await turn('theirs');
      const copy = psql === undefined ? Number.NaN : await seconds(() => psqlCopy(postgres.url, 'theirs', file));
      say(`psql: ${copy.toFixed(2)} s`);
      if (isCounted) theirs.push(copy);
      for (const name of INSERT_NAMES) {
        const perSec = await insert(name);
        if (isCounted) inserted.get(name)?.push(perSec);
      }
    }
    const psqlSec = median(theirs);
    const totalSec = (side: keyof typeof whole): number => median(whole[side].map((times) => times.totalSec));
    const copySec = (side: keyof typeof phased): number => median(phased[side].map((times) => times.copySec));
    const insertRows = (name: InsertName): number => median(inserted.get(name) ?? []);
    const rate = options.rows / totalSec('default');
    const against = (name: InsertName): Record<string, number> => ({
      [`vs_${name}`]: rate / insertRows(name),
      [`vs_${name}_one_connection`]: options.rows / totalSec('one') / insertRows(name),
      [`${name}_rows_per_s`]: insertRows(name),
    });
    const parquet = await measureParquet(options.parquet, { ...job, prefix: 'parquet/' }, postgres, put, fresh, say);
    const growth: number[] = [];
    for (const sizeMib of [options.small, options.large]) {
      await put(`memory-${sizeMib}/rows.csv`, Readable.from(csv((_, bytes) => bytes >= sizeMib * MIB)));
      await fresh('large', TABLE, 'UNLOGGED');
      const memory = { ...job, prefix: `memory-${sizeMib}/`, table: 'large', connections: options.connections };
      const measured = await inChild(memory);
      say(
        `${sizeMib} MiB: ${measured.growthMib.toFixed(0)} MiB over idle, ${measured.cpuSec.toFixed(1)} s of CPU, ${timesText(measured)}`,
      );
      growth.push(measured.growthMib);
      await fresh('large', TABLE, 'UNLOGGED');
    }
    return {
      figures: {
        ...(psql === undefined
          ? {}
          : {
              copy_vs_psql: psqlSec / copySec('one'),
              copy_vs_psql_two_connections: psqlSec / copySec('two'),
              end_to_end_vs_psql: psqlSec / totalSec('one'),
              end_to_end_vs_psql_two_connections: psqlSec / totalSec('two'),
              end_to_end_vs_psql_default: psqlSec / totalSec('default'),
              psql_s: psqlSec,
              psql_vs_insert_100: options.rows / psqlSec / insertRows('insert_100'),
            }),
        ...against('insert_1'),
        ...against('insert_100'),
        ...against('insert_1000'),
        ...against('insert_1000_autocommit'),
        rss_growth_mib: Math.max(...growth),
        rss_growth_mib_small: growth[0] ?? 0,
        rss_growth_mib_large: growth[1] ?? 0,
        rows_per_s: rate,
        stage_s: median(phased.one.map(({ stageSec }) => stageSec)),
        copy_s: copySec('one'),
        finish_s: median(phased.one.map(({ finishSec }) => finishSec)),
        end_to_end_one_connection_s: totalSec('one'),
        end_to_end_two_connections_s: totalSec('two'),
        end_to_end_s: totalSec('default'),
        ...parquet,
      },
      goals: {
        copy_vs_psql: { min: 0.9 },
        end_to_end_vs_psql: { min: 0.6 },
        vs_insert_100: { min: 10 },
        vs_insert_1000: { min: 3 },
        vs_insert_1: { min: 25 },
        rss_growth_mib: { max: 250 },
      },
    };
  } finally {
    client.destroy();
    await postgres.stop();
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

const timesText = ({ totalSec, stageSec, copySec, finishSec }: LoadTimes): string =>
  `${totalSec.toFixed(2)} s (stage ${stageSec.toFixed(2)}, copy ${copySec.toFixed(2)}, finish ${finishSec.toFixed(2)})`;

/** Rows per second of staging three million rows of Parquet, and of DuckDB writing them as CSV. */
async function measureParquet(
  rounds: number,
  job: LoadJob,
  postgres: BenchPostgres,
  put: (key: string, body: Readable) => Promise<void>,
  fresh: (table: string, shape: string) => Promise<unknown>,
  say: (line: string) => void,
): Promise<Record<string, number>> {
  await put('parquet/flights-3m.parquet', Readable.from([readFileSync(PARQUET)]));
  const staged: number[] = [];
  let rows = 0;
  for (let round = 0; round <= rounds; round += 1) {
    await fresh('flights', '(date timestamp, delay int, distance int, origin text, destination text)');
    const times = await loadOnce({ ...job, table: 'flights', columns: PARQUET_COLUMNS });
    say(`Parquet, round ${round}: ${times.rows} rows, ${timesText(times)}`);
    ({ rows } = times);
    if (round > 0) staged.push(times.stageSec);
  }
  await postgres.query('DROP TABLE flights');
  const duckdb = await duckdbSeconds(PARQUET, rounds, say);
  return {
    parquet_stage_rows_per_s: rows / median(staged),
    ...(duckdb === undefined ? {} : { duckdb_copy_rows_per_s: rows / median(duckdb) }),
  };
}

async function inChild(job: LoadJob): Promise<LoadTimes & { growthMib: number; cpuSec: number }> {
  const child = spawn(process.execPath, [path.join(__dirname, 'lib', 'load-child.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  child.stdin.end(`${JSON.stringify(job)}\n`);
  let text = '';
  for await (const piece of child.stdout) text += String(piece);
  await ended;
  if (text === '') throw new Error('The load in a process of its own has failed');
  return JSON.parse(text) as LoadTimes & { growthMib: number; cpuSec: number };
}
