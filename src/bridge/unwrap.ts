/** Messages that hold an event in an envelope of another service, and those that only look like one. */

export type Unwrapped =
  | { readonly kind: 'event'; readonly body: Buffer }
  /** Valid messages of other services; `hint` says what to do at the sender. */
  | { readonly kind: 'foreign'; readonly what: string; readonly hint: string };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parseObject = (text: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
};

const NOT_AN_EVENT =
  'it says that an object has changed, not where that is to go; let its receiver send a transfer event (configs/transfer-event.schema.json)';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html, s3:TestEvent included. */
const isS3Notification = ({ Records: records, Event: event, Service: service }: Record<string, unknown>): boolean =>
  (Array.isArray(records) && isObject(records[0]) && records[0].eventSource === 'aws:s3') ||
  (event === 's3:TestEvent' && service === 'Amazon S3');

/** https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
const isEventBridge = (value: Record<string, unknown>): boolean => 'detail-type' in value && 'detail' in value;

/** https://cloud.google.com/storage/docs/pubsub-notifications#format */
const isGcsNotification = (
  value: Record<string, unknown> | null,
  attributes: Readonly<Record<string, string>>,
): boolean =>
  value?.kind === 'storage#object' ||
  (attributes.notificationConfig !== undefined && attributes.eventType !== undefined);

/**
 * SNS without raw message delivery wraps what was published; that is taken out, because it is the whole of the message and
 * nothing is lost by it. Who may publish is for the policies of topic and queue to say, so its signature is not checked.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
const snsMessage = ({ Type: type, Message: message, TopicArn: topic }: Record<string, unknown>): string | null =>
  type === 'Notification' && typeof topic === 'string' && typeof message === 'string' ? message : null;

/** @param attributes those that the queue keeps beside the body. */
export const unwrap = (body: Buffer, attributes: Readonly<Record<string, string>> = {}): Unwrapped => {
  const value = parseObject(body.toString('utf8'));
  const inner = value === null ? null : snsMessage(value);
  if (inner !== null) return unwrap(Buffer.from(inner, 'utf8'), attributes);
  if (value !== null && isS3Notification(value))
    return { kind: 'foreign', what: 'an S3 event notification', hint: NOT_AN_EVENT };
  if (isGcsNotification(value, attributes)) {
    return { kind: 'foreign', what: 'a Cloud Storage notification', hint: NOT_AN_EVENT };
  }
  if (value !== null && isEventBridge(value)) {
    const hint = 'set the input of the rule’s target to the matched event’s $.detail, where that is a transfer event';
    return { kind: 'foreign', what: 'an EventBridge event', hint };
  }
  return { kind: 'event', body };
};
