/** The deadline of a store's answer, and whose fault it is that none came. */
import { LonghaulError } from '../../../src/model/errors';
import { answerOf } from '../../../src/transfer/lib/store-call';
import { mapS3Error } from '../../../src/transfer/s3/errors';

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('socket hang up'))));

it.each([
  ['source', 'SourceStalled'],
  ['destination', 'DestinationStalled'],
  [undefined, 'DestinationStalled'],
] as const)('a store that does not answer as the %s is %s', async (side, code) => {
  const call = { what: 'Looking at s3://bucket/key', timeoutMs: 20, context: { destination: 's3://bucket/key' } };
  const { signal } = new AbortController();
  await expect(
    answerOf({ ...call, ...(side === undefined ? {} : { side }) }, signal, mapS3Error, never),
  ).rejects.toMatchObject({
    code,
    message: 'Looking at s3://bucket/key was not answered within 0 s',
    context: { destination: 's3://bucket/key' },
  });
});

it('an abort of the caller is the reason of the abort, and what a store refuses is mapped', async () => {
  const controller = new AbortController();
  const waiting = answerOf({ what: 'Looking' }, controller.signal, mapS3Error, never);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  const refused = answerOf({ what: 'Looking' }, new AbortController().signal, mapS3Error, () =>
    Promise.reject(Object.assign(new Error('no'), { name: 'AccessDenied' })),
  );
  await expect(refused).rejects.toMatchObject({ code: 'AccessDenied' });
  await expect(refused).rejects.toBeInstanceOf(LonghaulError);
});
