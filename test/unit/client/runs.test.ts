import { parseInstant, runsQuery, type RunsFilter } from '../../../src/client/lib/runs/query';
import { COLOURED, PLAIN, widthOf } from '../../../src/client/lib/print/terminal';
import { sortRows, topLines, type TopRow } from '../../../src/client/lib/runs/top-screen';
import { LonghaulError } from '../../../src/model/errors';
import { emptyTotals } from '../../../src/model/records';
import { runCli } from './run-cli';

const ALL = '"exportToS3", "ingestUrls", "loadToPostgres", "restoreFiles", "transferEvent"';
const none: RunsFilter = { jobs: [], statuses: [], stages: [], withFailedRecords: false };

describe('the filter', () => {
  it('without options it takes every run once', () => {
    expect(runsQuery(none)).toBe(`WorkflowType IN (${ALL}) AND ExecutionStatus != "ContinuedAsNew"`);
  });

  it('each option is a condition', () => {
    const filter: RunsFilter = {
      jobs: ['exportToS3'],
      project: 'project_01',
      statuses: ['failed', 'timed-out'],
      stages: ['parked'],
      since: new Date('2026-01-31T00:00:00Z'),
      until: new Date('2026-02-01T00:00:00Z'),
      withFailedRecords: true,
      where: 'CloseTime IS NULL OR HistoryLength > 100',
    };
    expect(runsQuery(filter).split(' AND ')).toEqual([
      'WorkflowType = "exportToS3"',
      'ExecutionStatus IN ("Failed", "TimedOut")',
      'LonghaulProject = "project_01"',
      'LonghaulStage = "parked"',
      'StartTime >= "2026-01-31T00:00:00.000Z"',
      'StartTime < "2026-02-01T00:00:00.000Z"',
      'LonghaulFailed > 0',
      '(CloseTime IS NULL OR HistoryLength > 100)',
    ]);
  });

  it.each(['a"b', "a'b", 'a\\b', 'a\nb'])('a name that cannot be quoted is refused: %j', (project) => {
    expect(() => runsQuery({ ...none, project })).toThrow(LonghaulError);
  });
});

describe('times', () => {
  const now = new Date('2026-01-31T12:00:00Z');
  it.each([
    ['24h', '2026-01-30T12:00:00.000Z'],
    ['1w', '2026-01-24T12:00:00.000Z'],
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T06:00Z', '2026-01-31T06:00:00.000Z'],
  ])('%s', (text, at) => {
    expect(parseInstant('--since', text, now).toISOString()).toBe(at);
  });

  it.each(['', 'yesterday', '2026-02-30', '2026-13-01', '24', '99999999d', '2026-01-31T06:00'])(
    '%j is refused',
    (text) => {
      expect(() => parseInstant('--since', text, now)).toThrow(/^--since: expected a time/);
    },
  );

  it('on the command line that is exit code 2', async () => {
    const { exitCode, stderr } = await runCli('runs', '--since', 'yesterday');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--since: expected a time such as 24h')]);
  });
});

describe('the table of running runs', () => {
  const row = (workflowId: string, changes: Partial<TopRow> = {}, bytesPerSec = 0): TopRow => ({
    workflowId,
    job: 'export',
    project: 'p',
    stage: 'transferring',
    startedAt: '2026-01-31T09:00:00.000Z',
    seconds: 60,
    progress: {
      recordsTotal: 200,
      totals: { ...emptyTotals(), records: 50, failed: bytesPerSec === 0 ? 0 : 3, bytes: 1024 ** 2 },
      inFlight: 4,
      maxWorkers: 8,
      bytesPerSec,
      etaMs: bytesPerSec === 0 ? null : 1e9 / bytesPerSec,
      paused: false,
    },
    ...changes,
  });
  const rows = [row('b', {}, 1_000_000), row('c', { progress: null }), row('a', { startedAt: '2026-01-31T10:00:00Z' })];
  const ids = (sorted: readonly TopRow[]): string => sorted.map(({ workflowId }) => workflowId).join('');

  it('is sorted as asked; what is not known comes last', () => {
    expect(ids(sortRows(rows, 'started'))).toBe('abc');
    expect(ids(sortRows(rows, 'rate'))).toBe('bac');
    expect(ids(sortRows(rows, 'failed'))).toBe('bac');
    expect(ids(sortRows(rows, 'eta'))).toBe('bac');
    expect(ids(sortRows(rows, 'name'))).toBe('abc');
    expect(ids(rows)).toBe('bca');
  });

  const view = { at: '2026-01-31T10:01:00.000Z', runs: sortRows(rows, 'rate'), more: false };
  it('says how far each is, and how quick all are together', () => {
    expect(topLines(view, PLAIN)).toEqual(
      [
        '3 runs · 977 KiB/s · 2026-01-31T10:01:00Z',
        'RUN  JOB     STAGE               DONE  FAILED    BYTES       RATE        ETA    WORKERS          AGE  PROJECT',
        'b    export  transferring  25% 50/200       3  1.0 MiB  977 KiB/s      1.0 s        4/8  1 min 00 s  p'.replace(
          '1.0 s ',
          '1.0 s ',
        ),
        'a    export  transferring  25% 50/200       0  1.0 MiB          -          -        4/8  1 min 00 s  p',
        'c    export  transferring           -       0      0 B          -          -  no answer  1 min 00 s  p',
      ].map(
        (line) =>
          expect.stringMatching(
            new RegExp(`^${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ +/g, ' +')}$`),
          ) as string,
      ),
    );
  });

  it('fits the window', () => {
    const many = { ...view, runs: Array.from({ length: 100 }, (_, n) => row(`run-${n}`)) };
    const lines = topLines(many, COLOURED, 60, 24);
    expect(lines).toHaveLength(23);
    expect(lines.at(-1)).toBe('and 80 runs more');
    expect(Math.max(...lines.map(widthOf))).toBeLessThan(60);
    expect(topLines({ ...view, runs: [] }, PLAIN)[1]).toBe('Nothing is running.');
  });
});
