import { isSafeSegment, rawFileIds, restoreStatus, validateRestoreInput } from '../../../src/model/restore-run';
import type { RestoreInput } from '../../../src/model/restore-run';

test.each<[unknown]>([
  [{ raw_file_id: 'abc' }],
  [{ raw_file_id: '20250115_sample' }],
  [{ raw_file_id: '20250115 täst+(1)' }],
  [{ raw_file_id: 'x'.repeat(200) }],
  [{ raw_file_id: null, raw_file_ids: ['abc', 'abd'] }],
  [{ raw_file_id: 'abc', include: ['**/*.bin'], runId: 'r-1', set: { files_in_parallel: 2, 'thaw.tier': 'Bulk' } }],
  [{ raw_file_id: 'abc', include: null, runId: null, set: null }],
])('%j is right', (input) => {
  expect(validateRestoreInput(input)).toBeNull();
});

test.each<[unknown, string]>([
  [undefined, 'one JSON object'],
  [null, 'one JSON object'],
  ['abc', 'one JSON object'],
  [['abc'], 'one JSON object'],
  [{}, '"raw_file_id" is missing'],
  [{ raw_file_id: 'abc', output: '/x' }, 'Unknown input field "output"'],
  [{ raw_file_id: 'abc', raw_file_ids: ['abd'] }, 'not both'],
  [{ raw_file_id: 5 }, 'must be text'],
  [{ raw_file_id: 'ab' }, 'at least 3'],
  [{ raw_file_id: '' }, 'at least 3'],
  [{ raw_file_id: '../x' }, 'no slash'],
  [{ raw_file_id: 'a\\b' }, 'no slash'],
  [{ raw_file_id: '...' }, 'no slash'],
  [{ raw_file_id: 'a\nb' }, 'control character'],
  [{ raw_file_id: 'a\0b' }, 'control character'],
  [{ raw_file_id: 'abc\u202etxt' }, 'control character'],
  [{ raw_file_id: 'ab\ud800' }, 'control character'],
  [{ raw_file_id: ' abc' }, 'control character'],
  [{ raw_file_id: 'x'.repeat(201) }, 'at most 200 bytes; got 201'],
  [{ raw_file_id: 'ü'.repeat(101) }, 'at most 200 bytes; got 202'],
  [{ raw_file_ids: [] }, 'a list of ids'],
  [{ raw_file_ids: 'abc' }, 'a list of ids'],
  [{ raw_file_ids: ['abc', 'x'] }, 'raw_file_ids[1]'],
  [{ raw_file_ids: ['abc', 'abd', 'abc'] }, 'names the text "abc" twice'],
  [{ raw_file_ids: Array.from({ length: 1_001 }, (_, n) => `id-${n}`) }, 'at most 1000'],
  [{ raw_file_id: 'abc', include: [] }, '"include" must be a list'],
  [{ raw_file_id: 'abc', include: '*.bin' }, '"include" must be a list'],
  [{ raw_file_id: 'abc', include: ['a', ' '] }, 'include[1]'],
  [{ raw_file_id: 'abc', include: [5] }, 'include[0]'],
  [{ raw_file_id: 'abc', include: Array.from({ length: 101 }, () => '*') }, 'at most 100'],
  [{ raw_file_id: 'abc', runId: 'a/b' }, '"runId"'],
  [{ raw_file_id: 'abc', set: ['x'] }, '"set"'],
  [{ raw_file_id: 'abc', set: { a: {} } }, 'set["a"]'],
])('%j is wrong: %s', (input, fault) => {
  const problem = validateRestoreInput(input);
  expect(problem).toContain(fault);
  expect(problem).not.toMatch(/\p{C}/u);
});

const URL_WITH_SECRETS = 'https://me:hunter2@host/a?sig=hunter2';
test.each([
  [URL_WITH_SECRETS],
  [{ raw_file_id: URL_WITH_SECRETS }],
  [{ raw_file_ids: URL_WITH_SECRETS }],
  [{ raw_file_ids: [URL_WITH_SECRETS] }],
  [{ raw_file_id: 'abc', include: URL_WITH_SECRETS }],
  [{ raw_file_id: 'abc', runId: URL_WITH_SECRETS }],
  [{ raw_file_id: 'abc', set: URL_WITH_SECRETS }],
])('%j: nothing of a pasted URL that may be secret is repeated', (input) => {
  expect(validateRestoreInput(input)).toMatch(/must/);
  expect(validateRestoreInput(input)).not.toContain('hunter2');
});

test('the ids of an input, in its order', () => {
  expect(rawFileIds({ raw_file_id: 'abc' })).toEqual(['abc']);
  expect(rawFileIds({ raw_file_ids: ['b', 'a'] })).toEqual(['b', 'a']);
  expect(rawFileIds({ raw_file_id: 'abc', raw_file_ids: null } as unknown as RestoreInput)).toEqual(['abc']);
});

test.each([
  [2, 0, 'SUCCESS'],
  [1, 1, 'PARTIAL FAILURE'],
  [0, 2, 'COMPLETE FAILURE'],
  [0, 0, 'COMPLETE FAILURE'],
] as const)('%i right and %i failed is %s', (successful, failed, status) => {
  expect(restoreStatus({ successful, failed })).toBe(status);
});

test('a safe segment stays where it is put', () => {
  for (const text of ['PRID001', 'a b', '.hidden', 'ü']) expect(isSafeSegment(text)).toBe(true);
  for (const text of ['', '.', '..', 'a/b', 'a\\b', 'a\0', ' a', 'a ', 'x'.repeat(201)])
    expect(isSafeSegment(text)).toBe(false);
});
