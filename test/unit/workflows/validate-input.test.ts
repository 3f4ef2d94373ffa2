import { ApplicationFailure } from '@temporalio/common';
import { exportRequest, validateExportInput } from '../../../src/workflows/lib/job/validate-input';

const refused = (input: unknown): string => {
  try {
    validateExportInput(input);
  } catch (error) {
    expect(error).toBeInstanceOf(ApplicationFailure);
    const failure = error as ApplicationFailure;
    expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
    return failure.message;
  }
  throw new Error(`accepted: ${JSON.stringify(input)}`);
};

describe('validateExportInput', () => {
  it.each([
    [{ project: 'project_01' }],
    [{ project: 'p', export: 'remediation', startDate: '2026-08-03', endDate: '2026-08-24' }],
    [{ project: 'p', records: [{ url: 'https://x.test/a' }, { prefix: 's3://b/p', dataset: 'd' }], runId: 'r-1' }],
    [{ project: 'p', recordsUri: 's3://b/records.ndjson', set: { 'aws.max_workers': 4 } }],
  ])('accepts %j', (input) => {
    expect(validateExportInput(input)).toBe(input);
  });

  it.each([
    [undefined, 'one JSON object'],
    ['project_01', 'one JSON object'],
    [[], 'one JSON object'],
    [{}, '"project"'],
    [{ project: '../etc' }, '"project"'],
    [{ project: 'p', projekt: 1 }, 'Unknown input field "projekt"'],
    [{ project: 'p', export: 'assets' }, 'one of vulnerability'],
    [{ project: 'p', export: 'remediation' }, 'needs "startDate"'],
    [{ project: 'p', export: 'remediation', startDate: '2026-02-30', endDate: '2026-03-02' }, '"startDate" must be'],
    [{ project: 'p', startDate: '2026-01-01' }, 'remediation'],
    [{ project: 'p', export: 'remediation', startDate: '2026-09-03', endDate: '2026-08-24' }, 'is after'],
    [{ project: 'p', records: {} }, '"records" must be a list'],
    [{ project: 'p', records: [{ url: 'ftp://x/a' }] }, 'records[0].url'],
    [{ project: 'p', records: [{}] }, 'records[0] needs either'],
    [{ project: 'p', records: [{ url: 'https://x/a', prefix: 's3://b' }] }, 'records[0] needs either'],
    [{ project: 'p', records: [{ url: 'https://x/a', size: 1 }] }, 'unknown field "size"'],
    [{ project: 'p', records: [], recordsUri: 's3://b/k' }, 'not both'],
    [{ project: 'p', recordsUri: 'https://b/k' }, '"recordsUri"'],
    [{ project: 'p', runId: 'a/b' }, '"runId"'],
    [{ project: 'p', set: [] }, '"set"'],
    [{ project: 'p', set: { 'aws.max_workers': {} } }, 'aws.max_workers'],
  ])('refuses %j and names the field', (input, part) => {
    expect(refused(input)).toContain(part);
  });

  const URL_WITH_SECRETS = 'https://me:hunter2@host/a?sig=hunter2';
  it.each([
    [URL_WITH_SECRETS],
    [[{ url: URL_WITH_SECRETS }]],
    [{ project: URL_WITH_SECRETS }],
    [{ project: 'p', runId: URL_WITH_SECRETS }],
    [{ project: 'p', recordsUri: URL_WITH_SECRETS }],
    [{ project: 'p', records: { url: URL_WITH_SECRETS } }],
    [{ project: 'p', records: [{ prefix: URL_WITH_SECRETS }] }],
    [{ project: 'p', export: 'remediation', startDate: URL_WITH_SECRETS, endDate: '2026-08-24' }],
    [{ project: 'p', export: URL_WITH_SECRETS }],
  ])('repeats nothing of a pasted URL that may be secret: %j', (input) => {
    expect(refused(input)).not.toContain('hunter2');
  });

  it('refuses more records than one payload can hold', () => {
    const records = Array.from({ length: 20_001 }, () => ({ url: 'https://x.test/a' }));
    expect(refused({ project: 'p', records })).toContain('recordsUri');
  });
});

describe('exportRequest', () => {
  it('asks for vulnerabilities unless told otherwise, and for nothing where records are given', () => {
    expect(exportRequest({ project: 'p' })).toEqual({ type: 'vulnerability' });
    expect(exportRequest({ project: 'p', records: [] })).toBeNull();
    expect(exportRequest({ project: 'p', recordsUri: 's3://b/k' })).toBeNull();
  });
});
