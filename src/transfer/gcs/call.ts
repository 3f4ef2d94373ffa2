/** One request to Google Cloud Storage that is answered by a document: with a deadline, and its errors mapped. */
import { readText } from '../lib/read-text';
import { answerOf, type StoreCall } from '../lib/store-call';
import type { GcsClient, GcsReply, GcsRequest } from './client';
import { faultOf, refusalOf } from './errors';

export interface GcsCall extends StoreCall {
  /** Statuses beside 2xx that the caller wants to see. */
  readonly also?: readonly number[];
}

export interface GcsAnswer extends Pick<GcsReply, 'status' | 'headers'> {
  readonly text: string;
}

/** Documents are small, listings of a thousand parts 200 KB; what is longer is none of them. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** Throws LonghaulErrors or the signal's reason; DestinationStalled (or SourceStalled) after the deadline. */
export function callGcs(
  client: GcsClient,
  call: GcsCall,
  request: GcsRequest,
  signal: AbortSignal,
): Promise<GcsAnswer> {
  const { what, context = {}, side = 'destination', also = [] } = call;
  return answerOf(call, signal, faultOf, async (abortSignal) => {
    const reply = await client.send(request, abortSignal);
    const answer = { status: reply.status, headers: reply.headers, text: await documentOf(reply) };
    if ((answer.status >= 200 && answer.status < 300) || also.includes(answer.status)) return answer;
    throw refusalOf(answer, what, context, side);
  });
}

export const documentOf = ({ body }: Pick<GcsReply, 'body'>): Promise<string> => readText(body, MAX_DOCUMENT_BYTES);

/** The document as JSON; {} where it is none, so that what is missing in it is told by whoever needs it. */
export function jsonOf({ text }: Pick<GcsAnswer, 'text'>): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Of the JSON API: every character of a name that is not plain is escaped, slashes too. */
export const objectPath = (bucket: string, key: string): string =>
  `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(key)}`;

/** Of the XML API, in path style. A segment of dots alone is escaped too: on the way it might be taken for a folder's parent. */
export const xmlPath = (bucket: string, key: string): string => {
  const segments = key
    .split('/')
    .map((part) => (/^\.+$/.test(part) ? part.replaceAll('.', '%2E') : encodeURIComponent(part)));
  return `/${encodeURIComponent(bucket)}/${segments.join('/')}`;
};

export const query = (parameters: Readonly<Record<string, string | number | undefined>>): string => {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  const text = given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return text === '' ? '' : `?${text}`;
};
