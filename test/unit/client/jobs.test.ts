/** The job table: what each row makes of inputs and results. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { defaultWorkflowId } from '../../../src/client/lib/job/job';
import { ingestJob } from '../../../src/client/lib/job/ingest';
import { restoreJob } from '../../../src/client/lib/job/restore';
import { JOB_TERMS, JOB_WORDS } from '../../../src/client/lib/job/words';
import { jobOf, jobOfWorkflow } from '../../../src/client/lib/job/jobs';
import { inputOf } from '../../../src/client/lib/start/ingest';
import { inputOf as restoreInputOf } from '../../../src/client/lib/start/restore';
import type { IngestFileResult, IngestResult } from '../../../src/model/ingest-run';
import { WORKFLOWS } from '../../../src/model/names';
import type { RestoredRecord, RestoreResult } from '../../../src/model/restore-run';

const NOW = new Date('2026-01-31T09:30:00.000Z');

it('has one row for each workflow that users type', () => {
  const scheduled = Object.keys(WORKFLOWS).filter((name) => name !== 'transferEvent');
  expect(JOB_WORDS.map((word) => jobOf(word).workflow).sort()).toEqual(scheduled.sort());
  expect(jobOfWorkflow('transferEvent')?.word).toBe('transfer');
  expect(JOB_WORDS.map((word) => jobOf(word).word)).toEqual(JOB_WORDS);
  expect(Object.keys(JOB_TERMS).sort()).toEqual(Object.keys(WORKFLOWS).sort());
  expect(jobOfWorkflow('restoreFiles')).toBe(jobOf('restore'));
  expect(jobOfWorkflow('transferBatch')).toBeUndefined();
});

describe('inputs', () => {
  it.each([
    [
      'export',
      { project: 'project_01' },
      'export-project_01-20260131T093000Z',
      'vulnerability export of project_01 to S3',
    ],
    ['export', { project: 'p', records: [], runId: 'a' }, 'export-p-a', 'Given records of p to S3'],
    ['ingest', {}, 'ingest-20260131T093000Z', 'URLs of parameters.json into the worker’s bucket'],
    [
      'ingest',
      { BUCKET_NAME: 'my-bucket', files: ['x'], runId: 'a' },
      'ingest-my-bucket-a',
      '1 file of parameters.json into my-bucket',
    ],
    ['restore', { raw_file_id: 'a b c' }, 'restore-a-b-c-20260131T093000Z', 'Restore of a b c to disk'],
    [
      'restore',
      { raw_file_ids: ['one', 'two', 'three'], runId: 'x' },
      'restore-one-and-2-more-x',
      'Restore of one-and-2-more to disk',
    ],
  ] as const)('%s %j: id and title', (word, typed, id, summary) => {
    const job = jobOf(word);
    const input = job.check(typed);
    expect([defaultWorkflowId(job, input, NOW), job.summary(input)]).toEqual([id, summary]);
  });

  it.each([
    ['export', {}, /^Input field "project" must be/],
    ['ingest', { buckt: 'b' }, /^Unknown input field "buckt" \(nearest known field: "bucket"\)\.$/],
    ['restore', {}, /^Input field "raw_file_id" is missing/],
    ['restore', { raw_file_id: '../x' }, /must hold no slash/],
  ] as const)('%s refuses %j as InvalidInput', (word, typed, message) => {
    expect(() => jobOf(word).check(typed)).toThrow(expect.objectContaining({ code: 'InvalidInput' }) as Error);
    expect(() => jobOf(word).check(typed)).toThrow(message);
  });

  it('the options of ingest are the fields of its input; what is not given is left to the worker', () => {
    expect(inputOf({}, undefined)).toEqual({});
    const options = { partMb: 5, date: '2026-01-31', file: ['a'], skipUnchanged: true, failOnError: true, runId: 'r' };
    const input = inputOf(options, 'my-bucket');
    expect(input).toEqual({
      bucket: 'my-bucket',
      s3PartMb: 5,
      date: '2026-01-31',
      files: ['a'],
      skipUnchanged: true,
      failOnError: true,
      runId: 'r',
    });
    expect(ingestJob.check(input)).toEqual(input);
  });

  it('one raw file and several are two fields', () => {
    expect(restoreJob.check({ raw_file_id: 'one', raw_file_ids: null })).toEqual({ raw_file_id: 'one' });
    expect(restoreInputOf(['one'], {})).toEqual({ raw_file_id: 'one' });
    expect(restoreInputOf(['one', 'two'], { include: ['**'] })).toEqual({
      raw_file_ids: ['one', 'two'],
      include: ['**'],
    });
  });
});

it('of runs of several raw files it says which take orders; abort they take themselves', () => {
  const several = { raw_file_ids: ['one', 'two'] };
  expect(restoreJob.refusal?.('w', { raw_file_id: 'one' }, 'pause')).toBeUndefined();
  expect(restoreJob.refusal?.('w', several, 'pause')).toMatch(/such as "w\/one".*longhaul abort w$/);
  expect(restoreJob.refusal?.('w', several, 'abort')).toBeUndefined();
});

describe('the result of an ingest', () => {
  const file = (name: string, status: IngestFileResult['status']): IngestFileResult => ({
    url: `https://e.com/${name}`,
    s3_key: `raw/2026/01/31/${name}`,
    bytes: status === 'success' ? 2_048 : 0,
    parts: 1,
    status,
    ...(status === 'failed' ? { error: 'gone' } : {}),
  });
  const resultOf = (...results: IngestFileResult[]): IngestResult => {
    const count = (status: string): number => results.filter((one) => one.status === status).length;
    return {
      message: '',
      elapsed_seconds: 2,
      summary: {
        total_files: results.length,
        successful: count('success'),
        failed: count('failed'),
        skipped: count('skipped'),
        total_bytes: 2_048 * count('success'),
      },
      s3_request_counts: { total: 7 },
      results,
      run_id: 'r',
      report: 's3://b/_longhaul/ingest/r/report.json',
      manifest: null,
    };
  };

  it('is a table with the failed files first', () => {
    const givenUp = { ...file('d.csv', 'skipped'), error: 'not there' };
    const result = resultOf(file('a.csv', 'success'), file('b.csv', 'skipped'), file('c.csv', 'failed'), givenUp);
    expect(ingestJob.resultText('run', result).split('\n')).toEqual([
      'run        run (completed)',
      'files      4 (1 successful, 2 skipped, 1 failed)',
      '  failed   https://e.com/c.csv: gone',
      '  success    2.0 KiB  raw/2026/01/31/a.csv',
      '  skipped  unchanged  raw/2026/01/31/b.csv',
      '  given up https://e.com/d.csv: not there',
      'bytes      2.0 KiB in 2.0 s, 1.0 KiB/s',
      'requests   7 to S3',
      'report     s3://b/_longhaul/ingest/r/report.json',
    ]);
  });

  it('tells what is missing and how to get it; nothing where nothing is', () => {
    expect(ingestJob.shortfall(resultOf(file('a.csv', 'success')))).toBeUndefined();
    expect(ingestJob.shortfall(resultOf(file('a.csv', 'success'), file("it's.csv", 'failed')))).toBe(
      "1 of 2 files failed. Retry what failed alone, with the same options and: --file 'it'\\''s.csv'",
    );
  });

  it('stays short however many files there are', () => {
    const many = resultOf(...Array.from({ length: 400 }, (_, n) => file(`${n}.csv`, 'failed')));
    expect(ingestJob.resultText('run', many).split('\n').length).toBeLessThan(60);
    expect(ingestJob.shortfall(many)).toBe('400 of 400 files failed.');
  });
});

describe('the result of a restore', () => {
  const record = (changes: Partial<RestoredRecord> = {}): RestoredRecord => ({
    raw_file_id: 'sample',
    project_id: 'P1',
    destination: '/data/P1',
    status: 'PARTIAL FAILURE',
    total_files: 4,
    successful: 3,
    failed: 1,
    downloaded: 1,
    skipped: 1,
    healed: 1,
    bytes: 1_024,
    report: '/data/P1/_download_status_sample.txt',
    ...changes,
  });
  const result = (...restores: RestoredRecord[]): RestoreResult => ({
    runId: 'r',
    status: 'PARTIAL FAILURE',
    host: 'disk-1',
    seconds: 2,
    restores,
  });
  const ended = { workflowId: 'w', input: { raw_file_id: 'sample' }, progress: () => Promise.resolve(undefined) };

  it('names host, counts, destination and report of each raw file', () => {
    const error = { code: 'CatalogueRecordNotFound', message: 'No record' };
    const none = record({ raw_file_id: 'gone', destination: null, report: null, total_files: 0, error });
    expect(restoreJob.resultText('run', result(record(), none)).split('\n')).toEqual([
      'run        run (completed)',
      'host       disk-1',
      'raw file   sample: PARTIAL FAILURE',
      '  files    4 (1 downloaded, 1 healed, 1 skipped, 1 failed)',
      '  to       /data/P1',
      '  report   /data/P1/_download_status_sample.txt',
      'raw file   gone: PARTIAL FAILURE',
      '  files    0 (1 downloaded, 1 healed, 1 skipped, 1 failed)',
      '  error    No record [CatalogueRecordNotFound]',
      'fetched    2.0 KiB in 2.0 s, 1.0 KiB/s',
    ]);
  });

  it('its report is read from the disk where this machine has it, also of a run that failed', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-report-'));
    const report = path.join(folder, 'status.txt');
    writeFileSync(report, 'S3 Download Status Report\n');
    const details = [{ run: 'r' }, result(record({ report }))];
    expect(await restoreJob.readReport({ ...ended, details }, false)).toBe('S3 Download Status Report\n');
    const json = JSON.parse(await restoreJob.readReport({ ...ended, details }, true)) as unknown;
    expect(json).toMatchObject({ host: 'disk-1', restores: [{ report, text: 'S3 Download Status Report\n' }] });
    const ofOne = [{ workflowId: 'w', report, restored: record({ report }) }];
    expect(await restoreJob.readReport({ ...ended, details: ofOne }, false)).toBe('S3 Download Status Report\n');
    rmSync(folder, { recursive: true });
  });

  it('elsewhere its summary and its path are printed', async () => {
    const text = await restoreJob.readReport({ ...ended, result: result(record()), details: [] }, false);
    expect(text).toMatch(/^Not on this machine but on disk-1: [^]*report {3}\/data\/P1\/_download_status_sample/);
    await expect(restoreJob.readReport({ ...ended, details: [] }, false)).rejects.toMatchObject({
      code: 'ReportMissing',
    });
  });
});
