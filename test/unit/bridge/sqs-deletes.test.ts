/** Deletes of an SQS queue: several by one request, each with its own outcome. */
import type { DeleteMessageBatchCommand, DeleteMessageBatchResult, SQSClient } from '@aws-sdk/client-sqs';
import { SqsDeletes } from '../../../src/bridge/sqs-deletes';

const QUEUE = 'https://sqs.us-east-1.amazonaws.com/111122223333/events';

/** Answers as told, and keeps what it was asked. */
const scripted = (answer: (handles: readonly string[]) => Partial<DeleteMessageBatchResult> | Error) => {
  const asked: string[][] = [];
  const client = {
    send: ({ input }: DeleteMessageBatchCommand) => {
      expect(input.QueueUrl).toBe(QUEUE);
      const handles = (input.Entries ?? []).map(({ ReceiptHandle }) => ReceiptHandle ?? '');
      asked.push(handles);
      const said = answer(handles);
      return said instanceof Error ? Promise.reject(said) : Promise.resolve(said);
    },
  } as unknown as SQSClient;
  return { asked, deletes: new SqsDeletes(client, QUEUE) };
};

test('what ends together goes by one request, ten at most', async () => {
  const { asked, deletes } = scripted(() => ({}));
  const handles = Array.from({ length: 23 }, (_, n) => `handle-${n}`);
  await Promise.all(handles.map((handle) => deletes.delete(handle)));
  expect(asked.map(({ length }) => length)).toEqual([10, 10, 3]);
  expect(asked.flat()).toEqual(handles);
});

test('one that comes alone does not wait for others', async () => {
  const { asked, deletes } = scripted(() => ({}));
  await deletes.delete('first');
  await deletes.delete('second');
  expect(asked).toEqual([['first'], ['second']]);
});

test('a message that the queue refuses to delete is the only one that fails', async () => {
  const Failed = [{ Id: '1', SenderFault: true, Code: 'ReceiptHandleIsInvalid', Message: 'The handle has expired' }];
  const { deletes } = scripted(() => ({ Failed }));
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((handle) => deletes.delete(handle)));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: { message: 'The message was not deleted: The handle has expired' } });
});

test('a request that fails fails all of its messages, and none of the next', async () => {
  const { deletes } = scripted((handles) => (handles.includes('a') ? new Error('unreachable') : {}));
  const outcomes = await Promise.allSettled(['a', 'b'].map((handle) => deletes.delete(handle)));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(deletes.delete('c')).resolves.toBeUndefined();
});
