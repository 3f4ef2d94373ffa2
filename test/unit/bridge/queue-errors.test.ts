import { isTooLarge, queueError } from '../../../src/bridge/queue-errors';
import { LonghaulError } from '../../../src/model/errors';

const error = (fields: object, message = 'said'): Error => Object.assign(new Error(message), fields);

describe('queueError', () => {
  it.each([
    [{ name: 'QueueDoesNotExist', $metadata: { httpStatusCode: 400 } }, 'QueueNotFound'],
    [{ name: 'AWS.SimpleQueueService.NonExistentQueue' }, 'QueueNotFound'],
    [{ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }, 'QueueAccessDenied'],
    [{ name: 'Whatever', $metadata: { httpStatusCode: 403 } }, 'QueueAccessDenied'],
    [{ name: 'CredentialsProviderError' }, 'QueueAccessDenied'],
    [{ code: 'ECONNREFUSED' }, 'QueueUnreachable'],
    [{ name: 'InternalError', $metadata: { httpStatusCode: 500 } }, 'QueueUnreachable'],
    [{ name: 'InvalidAttributeValue', $metadata: { httpStatusCode: 400 } }, 'QueueRefused'],
    [{ code: 5 }, 'QueueNotFound'],
    [{ code: 7 }, 'QueueAccessDenied'],
    [{ code: 14 }, 'QueueUnreachable'],
    [{ code: 3 }, 'QueueRefused'],
  ])('reads %j', (fields, code) => {
    expect(queueError(error(fields), 'The queue fails')).toMatchObject({ code, message: 'The queue fails: said.' });
  });

  it('says something where the network says nothing, and no query of a URL', () => {
    expect(queueError(error({ code: 'ECONNREFUSED' }, ''), 'It fails').message).toBe('It fails: ECONNREFUSED.');
    const signed = error({}, 'GET https://sqs.example.com/q?X-Amz-Signature=abc failed');
    expect(queueError(signed, 'It fails').message).toBe('It fails: GET https://sqs.example.com/q failed.');
  });

  it('leaves ours as they are', () => {
    const ours = new LonghaulError('EventInvalid', 'x');
    expect(queueError(ours, 'It fails')).toBe(ours);
  });
});

describe('isTooLarge', () => {
  it.each([
    [
      error(
        { name: 'InvalidParameterValue', $metadata: { httpStatusCode: 400 } },
        'Message must be shorter than 1048576 bytes.',
      ),
      true,
    ],
    [error({ name: 'InvalidAttributeValue', $metadata: { httpStatusCode: 400 } }, 'MessageTooLong'), true],
    [error({ name: 'BatchRequestTooLong' }), true],
    [error({ code: 3 }, 'The value for message_size is too large.'), true],
    [error({ name: 'InvalidAttributeValue', $metadata: { httpStatusCode: 400 } }, 'a bad name'), false],
    [error({ code: 'ECONNREFUSED' }, 'too large'), false],
  ])('%s: %s', (given, expected) => {
    expect(isTooLarge(given)).toBe(expected);
  });
});
