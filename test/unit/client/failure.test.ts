import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  NamespaceNotFoundError,
  RetryState,
  TerminatedFailure,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { describeFailure, failureText, printFailure } from '../../../src/client/lib/print/failure';
import { processIo } from '../../../src/client/lib/print/io';
import { ERRORS, EXIT_CODES, type ErrorCode, LonghaulError } from '../../../src/model/errors';

const NON_RETRYABLE = RetryState.NON_RETRYABLE_FAILURE;
const run = (cause: Error): WorkflowFailedError => new WorkflowFailedError('Workflow failed', cause, NON_RETRYABLE);
const activity = (cause: Error): ActivityFailure =>
  new ActivityFailure('Activity task failed', 'transferParts', '5', NON_RETRYABLE, 'worker', cause);
const child = (cause: Error): ChildWorkflowFailure =>
  new ChildWorkflowFailure('default', { workflowId: 'r/record/3', runId: 'x' }, 'transferRecord', NON_RETRYABLE, cause);

describe('exit code, code and hint come from the table', () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])('%s', (code) => {
    const expected = { code, hint: ERRORS[code].hint, exitCode: EXIT_CODES[ERRORS[code].kind] };
    expect(describeFailure(new LonghaulError(code, 'What happened.'))).toMatchObject(expected);
    expect(describeFailure(run(ApplicationFailure.nonRetryable('What happened.', code)))).toMatchObject(expected);
  });
});

describe('Temporal failures', () => {
  it('the innermost failure with a code of the table wins', () => {
    const source = ApplicationFailure.nonRetryable('part.csv changed', 'SourceChanged');
    const outer = ApplicationFailure.create({
      message: 'batch failed',
      type: 'RecordsFailed',
      cause: child(activity(source)),
    });
    expect(describeFailure(run(outer))).toMatchObject({
      code: 'SourceChanged',
      message: 'part.csv changed',
      exitCode: 7,
    });
  });

  it('an inner failure of a foreign type does not hide the code around it', () => {
    const foreign = ApplicationFailure.nonRetryable('socket hang up', 'Error');
    const outer = ApplicationFailure.create({ message: 'cannot reach', type: 'SourceUnreachable', cause: foreign });
    expect(describeFailure(run(activity(outer)))).toMatchObject({ code: 'SourceUnreachable' });
  });

  it.each<[Error, string, number]>([
    [run(new CancelledFailure('cancelled')), 'Cancelled', 130],
    [run(new TerminatedFailure('terminated')), 'RunAborted', 9],
    [new NamespaceNotFoundError('nope'), 'NamespaceNotFound', 3],
    [new WorkflowNotFoundError('not found', 'run-1', undefined), 'RunNotFound', 9],
    [
      new WorkflowUpdateFailedError(
        'Update failed',
        ApplicationFailure.nonRetryable('Record 9 has not failed', 'InvalidInput'),
      ),
      'InvalidInput',
      2,
    ],
  ])('%s', (error, code, exitCode) => {
    expect(describeFailure(error)).toMatchObject({ code, exitCode });
  });

  it('the cleanup report of the details is told', () => {
    const cleanup = { abortedUploads: 3, deletedObjects: 1, problems: ['key x: denied'], moreProblems: 2 };
    const failure = describeFailure(
      run(ApplicationFailure.nonRetryable('gone', 'SourceNotFound', { run: 'r', cleanup })),
    );
    expect(failure.cleanup).toEqual(cleanup);
    expect(failureText(failure)).toContain('cleanup: 3 uploads aborted, 1 object deleted, 3 problems');
    expect(failureText(failure)).toContain('not undone: key x: denied');
  });
});

it('of our own errors the outermost wins: it wraps the other on purpose', () => {
  const cause = new LonghaulError('ObjectNotFound', 'HEAD said 404.');
  const error = new LonghaulError('BucketNotFound', 'The bucket b is missing.', {}, { cause });
  expect(describeFailure(new Error('around', { cause: error }))).toMatchObject({ code: 'BucketNotFound', exitCode: 8 });
});

it('what a run refuses does not advise to start it again', () => {
  const rejected = new WorkflowUpdateFailedError(
    'Update failed',
    ApplicationFailure.nonRetryable('No', 'InvalidInput'),
  );
  expect(describeFailure(rejected).hint).toContain('longhaul status');
});

describe('gRPC errors', () => {
  const grpc = (code: number, message: string): Error => Object.assign(new Error(message), { code, details: message });
  it.each([
    [14, 'TemporalUnreachable', /does not answer: no connection\.$/],
    [4, 'TemporalUnreachable', /does not answer in time\.$/],
    [16, 'TemporalUnreachable', /refuses access/],
    [3, 'Internal', /refuses the request/],
  ])('status %d is %s', (status, code, message) => {
    const wrapped = new Error('Failed to describe', {
      cause: grpc(status, '14 UNAVAILABLE: no connection\nat 1\nat 2'),
    });
    const failure = describeFailure(wrapped);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(failure.message).not.toContain('\n');
  });
});

describe('anything else', () => {
  it('is Internal, with the stack of the innermost cause', () => {
    const failure = describeFailure(new Error('outer', { cause: new TypeError('x is not a function') }));
    expect(failure).toMatchObject({ code: 'Internal', message: 'x is not a function', exitCode: 1 });
    expect(failure.stack).toContain('TypeError');
    expect(describeFailure('just text')).toMatchObject({ code: 'Internal', message: 'just text' });
    expect(describeFailure(undefined)).toMatchObject({ code: 'Internal' });
  });

  it('an error that is its own cause does not hang it', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(describeFailure(error).message).toBe('loop');
  });

  it('never repeats the query of a URL', () => {
    const failure = describeFailure(new Error('GET https://e.com/f.csv?X-Amz-Signature=s3cr3t failed'));
    expect(failure.message).toBe('GET https://e.com/f.csv failed');
    expect(JSON.stringify(failure)).not.toContain('s3cr3t');
  });
});

it('prints text or one line of JSON on stderr, and answers the exit code', () => {
  const written: string[] = [];
  const io = { ...processIo, stderr: { write: (text: string) => written.push(text) } };
  const failure = describeFailure(new LonghaulError('BucketNotFound', 'The bucket b is missing.'));
  expect([printFailure(io, false, failure), printFailure(io, true, failure)]).toEqual([8, 8]);
  expect(written[0]).toBe(`error: The bucket b is missing. [BucketNotFound]\nhint: ${ERRORS.BucketNotFound.hint}\n`);
  expect(JSON.parse(written[1]!)).toEqual({
    error: {
      code: 'BucketNotFound',
      message: 'The bucket b is missing.',
      hint: ERRORS.BucketNotFound.hint,
      exitCode: 8,
    },
  });
});
