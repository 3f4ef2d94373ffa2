/** The janitor at the command line: its places, its input, its words. */
import { inputOf, janitorText, parsePlace } from '../../../src/client/lib/janitor/run';
import {
  addCounts,
  checkJanitorInput,
  countFinding,
  noCounts,
  type Finding,
  type JanitorCounts,
  type JanitorResult,
} from '../../../src/model/janitor';

it.each([
  ['project_01', { project: 'project_01' }],
  ['s3://my-bucket', { bucket: 'my-bucket' }],
  ['s3://my-bucket/', { bucket: 'my-bucket' }],
  ['gs://my-bucket', { gcs_bucket: 'my-bucket' }],
  ['load:entity', { data_set: 'entity' }],
])('%s is a place', (text, place) => expect(parsePlace(text)).toEqual(place));

it('what was not asked for is left to the workflow’s defaults: nothing is deleted, no retention', () => {
  expect(inputOf('project_01', { olderThanDays: 7 })).toEqual({ project: 'project_01', olderThanDays: 7 });
  const options = { olderThanDays: 14, retentionDays: 90, delete: true, env: 'production', s3Bucket: 'b1' } as const;
  expect(inputOf('load:entity', options)).toEqual({
    data_set: 'entity',
    olderThanDays: 14,
    retentionDays: 90,
    delete: true,
    env: 'production',
    s3_bucket: 'b1',
  });
});

it.each([
  [null, /^The input must be one JSON object/],
  [{}, /must name one place/],
  [{ project: 'a', bucket: 'b' }, /must name one place/],
  [{ project: '../a' }, /^Input field "project" must be a name/],
  [{ project: 'a', olderThanDay: 3 }, /^Unknown input field "olderThanDay"/],
  [{ project: 'a', olderThanDays: 0 }, /"olderThanDays" must be a whole number from 1/],
  [{ project: 'a', olderThanDays: 1.5 }, /"olderThanDays" must be a whole number from 1/],
  [{ project: 'a', retentionDays: 6 }, /"retentionDays" must not be less than "olderThanDays" \(7\)/],
  [{ project: 'a', delete: 'yes' }, /"delete" must be true or false/],
  [{ project: 'a', env: 'production' }, /go with "data_set"/],
  [{ data_set: 'a', env: 'prod' }, /"env" must be one of/],
])('%j is refused', (input, problem) => {
  expect(checkJanitorInput(input)).toEqual({ problem: expect.stringMatching(problem) as string });
});

const FINDINGS: readonly Finding[] = [
  { kind: 'upload', what: 's3://b/p/one', since: '2026-01-01T00:00:00.000Z', run: 'run-1', fate: 'deleted' },
  {
    kind: 'run',
    what: 's3://b/p/_longhaul/r/',
    since: '2026-01-01T00:00:00.000Z',
    fate: 'failed',
    why: 'AccessDenied: no',
  },
  {
    kind: 'upload',
    what: 's3://b/p/two',
    since: '2026-01-02T00:00:00.000Z',
    fate: 'kept',
    reason: 'notNamed',
    why: 'no run that has ended names it',
  },
];

const resultOf = (counts: JanitorCounts, changes: Partial<JanitorResult>): JanitorResult => ({
  place: 's3://b/p/',
  delete: true,
  olderThanDays: 7,
  retentionDays: 90,
  isVersioned: false,
  findings: FINDINGS,
  moreFindings: 0,
  ...counts,
  ...changes,
});

it('the result says what went, what stays and why', () => {
  const counts = FINDINGS.reduce(countFinding, noCounts());
  const text = janitorText(
    resultOf({ ...counts, uploads: 2, runs: 1, objects: 4 }, { isVersioned: true, moreFindings: 3 }),
  );
  expect(text.split('\n')).toEqual([
    'place      s3://b/p/, what is older than 7 days, files of runs after 90 days',
    'looked at  2 open uploads, 1 run',
    'found      1 orphaned upload: 1 deleted',
    'found      1 expired run: 0 deleted, 1 failed',
    'stays      1 no run that has ended names it',
    '  deleted  upload    s3://b/p/one (2026-01-01, of run-1)',
    '  failed   run       s3://b/p/_longhaul/r/ (2026-01-01): AccessDenied: no',
    '  stays    upload    s3://b/p/two (2026-01-02): no run that has ended names it',
    '  and 3 more: the worker’s log has all',
    'objects    4 deleted',
    'versions   the bucket keeps what was deleted as old versions',
  ]);
});

it('an empty place, and sums over pages', () => {
  const nothing = janitorText(
    resultOf(noCounts(), { findings: [], delete: false, retentionDays: null, olderThanDays: 1 }),
  );
  expect(nothing.split('\n')).toEqual([
    'place      s3://b/p/, what is older than 1 day',
    'looked at  0 open uploads, 0 runs',
    'found      nothing to delete',
  ]);
  const page = FINDINGS.reduce(countFinding, noCounts());
  const both = addCounts(page, page);
  expect([both.kinds.upload, both.kinds.run, both.kept.notNamed]).toEqual([
    { found: 2, deleted: 2, failed: 0 },
    { found: 2, deleted: 0, failed: 2 },
    2,
  ]);
});
