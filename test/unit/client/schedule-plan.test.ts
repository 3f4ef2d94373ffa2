import { parseDuration } from '../../../src/client/lib/command/duration';
import { backfillRange, type CreateOptions, planSchedule } from '../../../src/client/lib/schedule/plan';

const DAILY = { cron: '0 6 * * *', overlap: 'skip', catchup: 3_600_000, pauseOnFailure: true } as const;
const BASE: CreateOptions = { ...DAILY, job: 'export', project: 'project_01' };

describe('parseDuration', () => {
  it.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['6h', 21_600_000],
    ['1d', 86_400_000],
  ])('%s', (text, ms) => expect(parseDuration('--every', text)).toBe(ms));

  it.each(['', '5', '0s', '-1h', '1.5h', '5 m', '1w', '9999d'])('refuses "%s" and names the option', (text) => {
    expect(() => parseDuration('--jitter', text)).toThrow(/^--jitter: expected a whole number .* 5m, 6h or 1d/);
  });
});

describe('planSchedule', () => {
  it('names runs after job and schedule, and says who may overlap', () => {
    expect(planSchedule('nightly', { ...BASE, timezone: 'Europe/Berlin', jitter: 300_000 })).toMatchObject({
      spec: { cronExpressions: ['0 6 * * *'], timezone: 'Europe/Berlin', jitter: 300_000 },
      action: {
        workflowType: 'exportToS3',
        workflowId: 'export-nightly',
        args: [{ project: 'project_01' }],
        staticSummary: 'vulnerability export of project_01 to S3',
      },
      policies: { overlap: 'SKIP', catchupWindow: 3_600_000, pauseOnFailure: true },
    });
  });

  it.each<[Pick<CreateOptions, 'job' | 'bucket' | 'rawFile' | 'input'>, object, string[]]>([
    [{ job: 'ingest', bucket: 'my-bucket' }, { bucket: 'my-bucket' }, ['ingestUrls', 'my-bucket']],
    [{ job: 'ingest' }, {}, ['ingestUrls']],
    [{ job: 'restore', rawFile: 'raw_1' }, { raw_file_id: 'raw_1' }, ['restoreFiles', 'raw_1']],
    [
      { job: 'restore', input: '{"raw_file_ids":["raw_1","raw_2"]}' },
      { raw_file_ids: ['raw_1', 'raw_2'] },
      ['restoreFiles'],
    ],
    [
      { job: 'janitor', bucket: 'my-bucket', input: '{"delete":true}' },
      { bucket: 'my-bucket', delete: true },
      ['cleanUp', 's3://my-bucket'],
    ],
  ])('of %j: one input, and what its runs are found by', (change, input, found) => {
    const { action } = planSchedule('nightly', { ...DAILY, ...change });
    expect(action).toMatchObject({ workflowId: `${change.job}-nightly`, args: [input] });
    const attributes = 'typedSearchAttributes' in action ? action.typedSearchAttributes : [];
    expect([...(attributes as { value: unknown }[])].map(({ value }) => value)).toEqual(found);
  });

  it.each<[Partial<CreateOptions>, RegExp]>([
    [{ cron: 'daily' }, /^--cron: expected five fields/],
    [{ every: 1_000 }, /--cron or --every/],
    [{ offset: 1_000 }, /^--offset/],
    [{ timezone: 'Berlin' }, /^--timezone: "Berlin"/],
    [{ bucket: 'b' }, /^--bucket does not go with --job export/],
    [{ rawFile: 'b' }, /^--raw-file does not go with --job export: it takes --project/],
    [{ job: 'restore', rawFile: 'ab' }, /^--project does not go with --job restore: it takes --raw-file/],
    [{ job: 'janitor', rawFile: 'r' }, /^--raw-file does not go with --job janitor: it takes --project, --bucket or/],
    [{ job: 'janitor', bucket: 'b' }, /must name one place: project, bucket, data_set, gcs_bucket/],
    [{ input: '{' }, /^--input: not JSON/],
    [{ input: '[]' }, /^--input: expected one JSON object/],
    [{ input: '{"runId":"a"}' }, /runId/],
    [{ input: '{"projekt":"a"}' }, /Unknown input field "projekt"/],
    [{ job: 'ingest', input: '{}' }, /^--project does not go with --job ingest/],
  ])('refuses %j', (change, message) => {
    expect(() => planSchedule('nightly', { ...BASE, ...change })).toThrow(message);
  });
});

it.each([
  [{}, /"raw_file_id" is missing/],
  [{ rawFile: 'ab' }, /at least 3 characters/],
])('a restore of %j is refused as its workflow would', (given, message) => {
  expect(() => planSchedule('s', { ...DAILY, job: 'restore', ...given })).toThrow(message);
});

describe('backfillRange', () => {
  const range = (...args: Parameters<typeof backfillRange>): string[] =>
    Object.values(backfillRange(...args)).map((date) => date.toISOString());

  it('holds both days, whole', () => {
    expect(range('2026-01-01', '2026-01-03')).toEqual(['2025-12-31T23:59:59.999Z', '2026-01-03T23:59:59.999Z']);
  });

  it('follows the zone, also on the day its clock changes', () => {
    expect(range('2026-03-29', '2026-03-29', 'Europe/Berlin')).toEqual([
      '2026-03-28T22:59:59.999Z',
      '2026-03-29T21:59:59.999Z',
    ]);
  });

  it('refuses days in the wrong order', () => {
    expect(() => backfillRange('2026-01-02', '2026-01-01')).toThrow(/is before --from/);
  });
});
