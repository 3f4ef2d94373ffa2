/** Chunks are copied while the rest of their file is still staged. */
import { randomBytes } from 'node:crypto';
import { copyChunk, copyMeanwhile, finishLoad, prepareLoad, stageFile, type StagedChunk } from '../../src/load';
import { pooled } from '../../src/load/database/database';
import { LonghaulError } from '../../src/model/errors';
import { AUTO, control, databaseAt, failureOf, mappingOf, never, startRig, type Rig } from './engine-support';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 120_000);
afterAll(() => rig.stop());

const ROWS = 6_000;
const csv = (bad = -1): string =>
  `id,name\n${Array.from({ length: ROWS }, (_, n) => `${n === bad ? 'x' : n},name ${n}\n`).join('')}`;

interface Setup {
  readonly runId: string;
  readonly copy: (chunk: StagedChunk, signal: AbortSignal) => ReturnType<typeof copyChunk>;
  readonly stage: (
    onChunk: (chunk: StagedChunk) => void,
    signal: AbortSignal,
    chunkSizeBytes?: number,
  ) => ReturnType<typeof stageFile>;
  readonly finish: (stagedRows: number) => ReturnType<typeof finishLoad>;
  readonly count: (table?: string) => Promise<number>;
}

/** A table, a file of some twenty chunks, and the steps of a load bound to them. */
async function setUp(body = csv()): Promise<Setup> {
  const { database, staging, client, postgres } = rig;
  const runId = `run-${randomBytes(4).toString('hex')}`;
  const table = runId.replace('-', '_');
  const columns = ['id', 'name'];
  await postgres.sql(`CREATE TABLE ${table} (id int, name text)`);
  const file = await rig.put(`${table}/a.csv`, body);
  const target = await rig.target(table, { columns });
  const load = await prepareLoad(database, { runId, loadType: 'full', target, key: [] }, control);
  const request = { client, file, format: AUTO, mapping: mappingOf(columns), target, staging };
  const place = { prefix: `tmp/postgres-copy/test-1700000000-${randomBytes(4).toString('hex')}/`, firstPart: 0 };
  return {
    runId,
    copy: (chunk, signal) => copyChunk(database, { runId, chunk, load, staging }, { signal }),
    stage: (onChunk, signal, chunkSizeBytes = 2_000) =>
      stageFile({ ...request, ...place, chunkSizeBytes, onChunk }, { signal }),
    finish: (stagedRows) => {
      const finish = { runId, loadType: 'full' as const, target: { schema: 'public', table }, load, key: [], columns };
      return finishLoad(database, { ...finish, stagedRows }, control);
    },
    count: async (name = table) =>
      (await postgres.sql<{ n: number }>(`SELECT count(*)::int AS n FROM ${name}`))[0]?.n ?? -1,
  };
}

test('what is staged is copied before the file is at its end, and each row is there once', async () => {
  const { copy, stage, finish, count } = await setUp();
  let isFirstIn = (): void => undefined;
  const firstIn = new Promise<void>((resolve) => (isFirstIn = resolve));
  const { staged, copied } = await copyMeanwhile(
    {
      lanes: 3,
      copy: async (chunk, signal) => {
        const done = await copy(chunk, signal);
        isFirstIn();
        return done;
      },
    },
    async (onChunk, signal) => {
      const file = await stage(onChunk, signal);
      await firstIn;
      return file;
    },
    never(),
  );
  expect(staged.chunks.length).toBeGreaterThan(12);
  expect(copied.length).toBeGreaterThan(0);
  for (const chunk of staged.chunks.slice(copied.length)) await copy(chunk, never());
  expect(await finish(staged.rows)).toMatchObject({ rows: ROWS });
  expect(await count()).toBe(ROWS);
});

test('many chunks that are not begun when all are staged are left; a few are not', async () => {
  const { copy, stage } = await setUp();
  let end = (): void => undefined;
  const isStaged = new Promise<void>((resolve) => (end = resolve));
  const held = async (chunk: StagedChunk, signal: AbortSignal): ReturnType<typeof copyChunk> => {
    await isStaged;
    return copy(chunk, signal);
  };
  const staging = async (onChunk: (chunk: StagedChunk) => void, signal: AbortSignal): ReturnType<typeof stageFile> => {
    const file = await stage(onChunk, signal);
    // After copyMeanwhile has heard of the end.
    setImmediate(end);
    return file;
  };
  const one = await copyMeanwhile({ lanes: 1, copy: held }, staging, never());
  expect(one.copied).toEqual([expect.objectContaining({ already: false })]);
  const eight = await copyMeanwhile({ lanes: 8, copy: held }, staging, never());
  expect(eight.copied.map(({ already }) => already)).toEqual(eight.staged.chunks.map((_, index) => index === 0));
});

test('a failure that may pass ends copying and not staging: the caller copies the rest', async () => {
  const { copy, stage, finish } = await setUp();
  const postponed: Error[] = [];
  let copies = 0;
  const { staged, copied } = await copyMeanwhile(
    {
      lanes: 1,
      copy: (chunk, signal) => {
        copies += 1;
        if (copies === 3) throw new LonghaulError('PostgresUnreachable', 'gone for now');
        return copy(chunk, signal);
      },
      onPostponed: (error) => postponed.push(error),
    },
    async (onChunk, signal) => {
      const file = await stage(onChunk, signal);
      // All copies that will be have been, or staging could be the faster one.
      while (postponed.length === 0) await new Promise((resolve) => setImmediate(resolve));
      return file;
    },
    never(),
  );
  expect(copied).toHaveLength(2);
  expect(postponed).toEqual([expect.objectContaining({ code: 'PostgresUnreachable' })]);
  for (const chunk of staged.chunks.slice(copied.length)) await copy(chunk, never());
  expect(await finish(staged.rows)).toMatchObject({ rows: ROWS });
});

test('a bad row stops staging, and is what is thrown', async () => {
  const { copy, stage } = await setUp(csv(10));
  let stopped: unknown;
  const failure = await failureOf(
    copyMeanwhile(
      { lanes: 2, copy },
      async (onChunk, signal) => {
        signal.addEventListener('abort', () => {
          stopped = signal.reason;
        });
        return stage(onChunk, signal);
      },
      never(),
    ),
  );
  expect(failure).toMatchObject({ code: 'BadRow', context: { line: 12, column: 'id' } });
  expect(stopped).toBe(failure);
});

test('a fault of the file ends copies that go on, and is what is thrown', async () => {
  const { copy, stage } = await setUp();
  let isBegun = (): void => undefined;
  const begun = new Promise<void>((resolve) => (isBegun = resolve));
  let ended = 0;
  const copying = async (chunk: StagedChunk, signal: AbortSignal): ReturnType<typeof copyChunk> => {
    isBegun();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    ended += 1;
    return copy(chunk, signal);
  };
  const failing = copyMeanwhile(
    { lanes: 1, copy: copying },
    async (onChunk, signal) => {
      await stage(onChunk, signal);
      await begun;
      throw new LonghaulError('FileTruncated', 'cut off');
    },
    never(),
  );
  expect(await failureOf(failing)).toMatchObject({ code: 'FileTruncated' });
  expect(ended).toBe(1);
});

test('a cancel ends both, with its reason', async () => {
  const { copy, stage, count } = await setUp();
  const abort = new AbortController();
  const reason = new Error('cancelled');
  const work = copyMeanwhile(
    {
      lanes: 2,
      copy: (chunk, signal) => {
        abort.abort(reason);
        return copy(chunk, signal);
      },
    },
    stage,
    abort.signal,
  );
  await expect(work).rejects.toBe(reason);
  expect(await count()).toBe(0);
});

test('an attempt that would cut a file in another way is refused: its rows would be there twice', async () => {
  const { copy, stage } = await setUp();
  const first = await copyMeanwhile({ lanes: 2, copy }, (onChunk, signal) => stage(onChunk, signal), never());
  expect(first.copied.length).toBeGreaterThan(0);
  const again = await copyMeanwhile({ lanes: 2, copy }, (onChunk, signal) => stage(onChunk, signal), never());
  expect(again.copied[0]).toMatchObject({ already: true });
  const other = copyMeanwhile({ lanes: 2, copy }, (onChunk, signal) => stage(onChunk, signal, 5_000), never());
  expect(await failureOf(other)).toMatchObject({ code: 'CountMismatch' });
});

test('whoever waits for a connection of ours waits longer than it may take to connect', async () => {
  const database = databaseAt(rig.postgres.url, { maxConnections: 1, connectTimeoutMs: 300 });
  const options = { what: 'Sleeping', signal: never() };
  const sleeping = (): Promise<unknown> =>
    pooled(database).transaction(options, (client) => client.query('SELECT pg_sleep(0.5)'));
  try {
    await Promise.all([sleeping(), sleeping(), sleeping()]);
    const abort = new AbortController();
    const first = sleeping();
    const second = pooled(database).transaction({ what: 'Waiting', signal: abort.signal }, () => Promise.resolve());
    abort.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    await first;
    await sleeping();
  } finally {
    await database.close();
  }
});
