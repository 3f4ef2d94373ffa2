import { parseDuration } from '../../../src/client/lib/duration';
import { backfillRange, type CreateOptions, planSchedule } from '../../../src/client/lib/schedule-plan';

const BASE: CreateOptions = {
  job: 'export',
  project: 'project_01',
  cron: '0 6 * * *',
  overlap: 'skip',
  catchup: 3_600_000,
  pauseOnFailure: true,
};

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

  it.each<[Partial<CreateOptions>, RegExp]>([
    [{ cron: 'daily' }, /^--cron: expected five fields/],
    [{ every: 1_000 }, /--cron or --every/],
    [{ offset: 1_000 }, /^--offset/],
    [{ timezone: 'Berlin' }, /^--timezone: "Berlin"/],
    [{ bucket: 'b' }, /^--bucket does not go with --job export/],
    [{ input: '{' }, /^--input: not JSON/],
    [{ input: '[]' }, /^--input: expected one JSON object/],
    [{ input: '{"runId":"a"}' }, /runId/],
    [{ input: '{"projekt":"a"}' }, /Unknown input field "projekt"/],
    [{ job: 'ingest', input: '{}' }, /^--project does not go with --job ingest/],
  ])('refuses %j', (change, message) => {
    expect(() => planSchedule('nightly', { ...BASE, ...change })).toThrow(message);
  });
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
