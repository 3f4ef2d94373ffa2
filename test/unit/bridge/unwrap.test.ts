import { MAX_EVENT_BYTES, readMessage } from '../../../src/bridge/read-message';
import { unwrap } from '../../../src/bridge/unwrap';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('unwrap', () => {
  it.each([
    ['an S3 notification', { Records: [{ eventSource: 'aws:s3' }] }, 'an S3 event notification'],
    ['the test event of S3', { Service: 'Amazon S3', Event: 's3:TestEvent' }, 'an S3 event notification'],
    ['a notification of Cloud Storage', { kind: 'storage#object', name: 'a' }, 'a Cloud Storage notification'],
    ['an event of EventBridge', { 'detail-type': 'Object Created', detail: {} }, 'an EventBridge event'],
  ])('knows %s', (_name, body, what) => {
    expect(unwrap(json(body))).toMatchObject({ kind: 'foreign', what });
  });

  it('knows what SNS carries, whatever it is', () => {
    const sns = (message: unknown) => json({ Type: 'Notification', TopicArn: 'arn', Message: JSON.stringify(message) });
    expect(unwrap(sns({ eventId: '1' }))).toEqual({ kind: 'event', body: json({ eventId: '1' }) });
    expect(unwrap(sns({ Records: [{ eventSource: 'aws:s3' }] }))).toMatchObject({ kind: 'foreign' });
  });

  it('leaves alone what only looks like one', () => {
    for (const body of ['null', '[]', '"text"', '{', '{"Records":[]}', '{"Type":"Notification","Message":1}']) {
      expect(unwrap(Buffer.from(body))).toEqual({ kind: 'event', body: Buffer.from(body) });
    }
  });
});

describe('readMessage', () => {
  it('parses nothing that is larger than an event can be', () => {
    const read = readMessage(Buffer.alloc(MAX_EVENT_BYTES + 1, '['));
    expect(read).toMatchObject({
      ok: false,
      problems: [`the message has ${MAX_EVENT_BYTES + 1} bytes, an event at most ${MAX_EVENT_BYTES}`],
    });
  });

  it('says what kind of message it is and what to do', () => {
    const read = readMessage(json({ Records: [{ eventSource: 'aws:s3' }] }));
    expect(read).toMatchObject({
      ok: false,
      problems: [expect.stringMatching(/^this is an S3 event notification: .*send a transfer event/)],
    });
  });
});
