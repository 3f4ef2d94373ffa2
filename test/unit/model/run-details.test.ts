import { ERRORS } from '../../../src/model/errors';
import { emptyTotals } from '../../../src/model/records';
import { plainText, runDetails, type DetailedRun } from '../../../src/model/run-details';
import type { RunSettings } from '../../../src/model/run';
import { progressOf } from '../client/progress';

const settings = {
  bucket: 'target',
  targetPrefix: 'data',
  publish: 'atomic',
} as RunSettings;
const failures = [{ n: 7, source: 's3://b/*_k.csv', code: 'SourceNotFound', message: 'HTTP 404 of\n`k`' }];
const detailed = (changes: Partial<DetailedRun> = {}): string =>
  runDetails({
    progress: progressOf({ failures, runningBatches: ['r/batch/0', 'r/batch/1'], actions: ['Update `pause` …'] }),
    settings,
    batches: { done: 1, total: 4 },
    undecided: 0,
    end: null,
    nowMs: Date.parse('2026-01-31T10:00:00.000Z'),
    ...changes,
  });

it('tells a run that moves by stage, batches, bytes, rate, end, last errors with hints, and what can be done', () => {
  expect(detailed()).toBe(
    [
      '**Transferring** · project `project_01` · run `nightly` · as of 10:00:00 UTC',
      '',
      '- Target: `s3://target/data`, atomic: nothing is visible until every record is in',
      '- Export `exp-1`: COMPLETE after 3 polls',
      '- Records: 375 of 1,500 done (25 %), 16 in flight (at most 16), 0 failed, 0 skipped',
      '- Bytes: 3.0 GiB in 375 objects, 50.0 MiB/s',
      '- Batches: 1 of 4 done, 2 under way: `r/batch/0`, `r/batch/1` (tab Relationships)',
      '- At this rate all are moved in 3 min 15 s, at about 10:03:15 UTC',
      '',
      '**Last errors**',
      '',
      `- record 7 (\`s3://b/*_k.csv\`): \`SourceNotFound\` HTTP 404 of \\\`k\\\` *${plainText(ERRORS.SourceNotFound.hint)}*`,
      '',
      '**What you can do now**',
      '',
      '- Update `pause` …',
    ].join('\n'),
  );
});

it('tells a run that has failed by its cause, what to do, and what was taken back', () => {
  const cleanup = { abortedUploads: 2, deletedObjects: 0, problems: ['a: denied'], moreProblems: 4 };
  const end = {
    outcome: 'failed',
    cause: { code: 'BucketNotFound', message: 'no bucket' },
    cleanup,
    report: null,
  } as const;
  const while_ = detailed({ end, progress: progressOf({ stage: 'cleaning' }) });
  expect(while_).toMatch(/^\*\*Cleaning\*\* .*\n\nThe run ends: `BucketNotFound` no bucket \*/);
  const text = detailed({
    end: { ...end, report: 's3://target/r/report.json' },
    progress: progressOf({ stage: 'done' }),
  });
  expect(text).toMatch(/^\*\*Failed\*\* [^\n]*\n\n`BucketNotFound` no bucket \*\S/);
  expect(text).toContain(
    '**Taken back**\n\n- 2 uploads aborted, 0 objects deleted\n- **Not taken back**: a: denied\n- and 4 more that could not be taken back',
  );
  expect(text).toContain('- `longhaul report export-project_01-nightly --open` shows');
  // Before anything was made there is no report, and nothing to do but what the hint says.
  expect(detailed({ end, progress: progressOf({ stage: 'preparing', recordsTotal: null }) })).not.toMatch(
    /can do now|report/,
  );
});

it('says of a failed record what has been ordered and has to wait', () => {
  const progress = progressOf({ failures: failures.map((failure) => ({ ...failure, ordered: 'skip' })) });
  expect(detailed({ progress })).toContain(
    'record 7 (`s3://b/*_k.csv`) (skip ordered: once it is taken back): `SourceNotFound`',
  );
});

it('is small and shows no NaN, without records and with thousands of failures', () => {
  const message = 'x'.repeat(10_000);
  const many = Array.from({ length: 5 }, (_, n) => ({ n, source: `s3://b/${n}`, code: 'Internal', message }));
  const text = detailed({
    progress: progressOf({ recordsTotal: 0, totals: emptyTotals(), failures: many, etaMs: null }),
  });
  expect(text).not.toMatch(/NaN|undefined|null/);
  expect(text.length).toBeLessThan(6_000);
});
