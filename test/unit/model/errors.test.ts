import {
  ERRORS,
  EXIT_CODES,
  LonghaulError,
  NON_RETRYABLE_CODES,
  isErrorCode,
  type ErrorCode,
} from '../../../src/model/errors';

const codes = Object.keys(ERRORS) as ErrorCode[];

test.each(codes)('%s says what it means and what to do', (code) => {
  const { meaning, hint, kind } = ERRORS[code];
  expect(meaning).toMatch(/^\S.*\.$/);
  expect(hint).toMatch(/^\S.*\S$/);
  expect(Object.keys(EXIT_CODES)).toContain(kind);
});

test('exit codes are distinct, none says success, all fit a byte', () => {
  const values = Object.values(EXIT_CODES);
  expect(new Set(values).size).toBe(values.length);
  for (const value of values) expect(value > 0 && value < 256).toBe(true);
});

test('an error that nobody has to act on is tried again or ends the run on purpose', () => {
  const odd = codes.filter((code) => ERRORS[code].actor === 'nobody' && !ERRORS[code].retryable);
  expect(odd).toEqual(['Cancelled']);
});

test('what is not retried is exactly what the table says', () => {
  expect(NON_RETRYABLE_CODES).toEqual(codes.filter((code) => !ERRORS[code].retryable));
  expect(NON_RETRYABLE_CODES).toContain('ApiUnauthorized');
  expect(NON_RETRYABLE_CODES).not.toContain('SourceStalled');
});

test('an error carries what its code implies', () => {
  const error = new LonghaulError('BucketNotFound', 'No bucket "x".', { destination: 's3://x' }, { cause: 'why' });
  expect(error).toMatchObject({ retryable: false, exitCode: 8, hint: ERRORS.BucketNotFound.hint, cause: 'why' });
});

test('names of Object.prototype are no codes', () => {
  expect(isErrorCode('Internal')).toBe(true);
  expect(isErrorCode('toString')).toBe(false);
  expect(isErrorCode(undefined)).toBe(false);
});
