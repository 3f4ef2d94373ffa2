/** An envelope as the text of a message: as much of a foreign body as the queue takes, and what was cut told. */
import { createHash } from 'node:crypto';
import type { DlqEnvelope } from '../model/transfer-event';

/** A body as the envelope holds it: as text where it is UTF-8, else as base64. */
export const bodyFields = (body: Buffer): Pick<DlqEnvelope, 'body' | 'bodyInfo'> => {
  const text = body.toString('utf8');
  // The decoder replaces what is no UTF-8: comparing is the only way to know that nothing was replaced.
  const isText = Buffer.from(text, 'utf8').equals(body);
  return {
    body: isText ? text : body.toString('base64'),
    bodyInfo: {
      bytes: body.length,
      sha256: createHash('sha256').update(body).digest('hex'),
      encoding: isText ? 'utf8' : 'base64',
      truncated: false,
    },
  };
};

/** The bytes that came, or null where some were cut. */
export const wholeBody = ({ body, bodyInfo }: Pick<DlqEnvelope, 'body' | 'bodyInfo'>): Buffer | null => {
  if (body === undefined || bodyInfo?.truncated === true) return null;
  return Buffer.from(body, bodyInfo?.encoding ?? 'utf8');
};

/**
 * JSON that SQS takes: it refuses U+FFFE and U+FFFF (SendMessage, "MessageBody"); the other characters that it refuses
 * JSON.stringify escapes by itself.
 */
const toJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[\ufffe\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);

const sizeOf = (text: string): number => Buffer.byteLength(text, 'utf8');

/** An event that leaves no room is kept as text, which can be cut; its id stays in the command that sends it again. */
const withBody = ({ event, ...rest }: DlqEnvelope): DlqEnvelope =>
  event === undefined ? rest : { ...rest, ...bodyFields(Buffer.from(JSON.stringify(event), 'utf8')) };

/** A cut between the halves of a pair would leave one that no UTF-8 can hold; base64 is cut at whole groups of four. */
const cutAt = (body: string, length: number, encoding: 'utf8' | 'base64'): string => {
  if (encoding === 'base64') return body.slice(0, length - (length % 4));
  const last = body.charCodeAt(length - 1);
  return body.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
};

/**
 * The envelope as JSON of at most `limitBytes`. What does not fit is cut from the end of the body; `bodyInfo` then says so
 * and keeps the length and the SHA-256 of all of it, so that its sender can be asked for it.
 */
export const envelopeText = (envelope: DlqEnvelope, limitBytes: number): string => {
  const whole = toJson(envelope);
  if (sizeOf(whole) <= limitBytes) return whole;
  const { body = '', bodyInfo, ...rest } = withBody(envelope);
  const info = { ...(bodyInfo ?? bodyFields(Buffer.from(body, 'utf8')).bodyInfo), truncated: true };
  const encoding = info.encoding ?? 'utf8';
  // Escapes make the length of the JSON unknown before it is made: the longest prefix that fits is searched for.
  let fits = 0;
  let tooLong = Math.min(body.length, limitBytes) + 1;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (sizeOf(toJson({ ...rest, body: cutAt(body, middle, encoding), bodyInfo: info })) <= limitBytes) fits = middle;
    else tooLong = middle;
  }
  return toJson({ ...rest, body: cutAt(body, fits, encoding), bodyInfo: info });
};
