/** Answers of the double and the two shapes of its errors: JSON (https://cloud.google.com/storage/docs/json_api/v1/status-codes) and XML. */
import type { Content } from './content';

export type Headers = Readonly<Record<string, string | readonly string[]>>;

export interface WholeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Bytes of an object, streamed from where they are kept. */
export interface MediaAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly media: { readonly content: Content; readonly start: number; readonly end: number; readonly gunzip: boolean };
}

export type Answer = WholeAnswer | MediaAnswer;

/** Thrown by the handlers; the dispatcher writes it in the shape of the API that was called. */
export class GcsError extends Error {
  constructor(
    readonly status: number,
    /** The reason of the JSON API. */
    readonly reason: string,
    message: string,
    /** The Code of the XML API; the reason where it has no other name there. */
    readonly xmlCode: string = reason,
    readonly headers: Headers = {},
    /** Some upload errors are plain text at Google. */
    readonly plainText = false,
  ) {
    super(message);
  }
}

export const badRequest = (message: string, reason = 'invalid', xmlCode = 'InvalidArgument'): GcsError =>
  new GcsError(400, reason, message, xmlCode);

export const noSuchObject = (bucket: string, name: string): GcsError =>
  new GcsError(404, 'notFound', `No such object: ${bucket}/${name}`, 'NoSuchKey');

export const noSuchBucket = (): GcsError =>
  new GcsError(404, 'notFound', 'The specified bucket does not exist.', 'NoSuchBucket');

export const json = (status: number, value: unknown, headers: Headers = {}): WholeAnswer => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=UTF-8', ...headers },
  body: JSON.stringify(value),
});

export const empty = (status: number, headers: Headers = {}): WholeAnswer => ({ status, headers, body: '' });

export const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[c] ?? c);

/** Elements by name; a list makes one element per item, an object nested ones. */
export type XmlValue = string | number | boolean | { readonly [name: string]: XmlValue } | readonly XmlValue[];

const element = (name: string, value: XmlValue): string => {
  if (Array.isArray(value)) return value.map((item: XmlValue) => element(name, item)).join('');
  if (typeof value === 'object') return `<${name}>${elements(value as Record<string, XmlValue>)}</${name}>`;
  return `<${name}>${escapeXml(String(value))}</${name}>`;
};

const elements = (values: Readonly<Record<string, XmlValue>>): string =>
  Object.entries(values)
    .map(([name, value]) => element(name, value))
    .join('');

const XML_DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>";

/** A document of the XML API, with its namespace. */
export const xml = (root: string, values: Readonly<Record<string, XmlValue>>, headers: Headers = {}): WholeAnswer => ({
  status: 200,
  headers: { 'Content-Type': 'application/xml; charset=UTF-8', ...headers },
  body: `${XML_DECLARATION}<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${elements(values)}</${root}>`,
});

const jsonError = ({ status, reason, message, headers }: GcsError): WholeAnswer =>
  json(status, { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } }, headers);

const xmlError = ({ status, xmlCode, message, headers }: GcsError): WholeAnswer => ({
  status,
  headers: { 'Content-Type': 'application/xml; charset=UTF-8', ...headers },
  body: `${XML_DECLARATION}<Error>${elements({ Code: xmlCode, Message: message })}</Error>`,
});

export const errorAnswer = (error: GcsError, api: 'json' | 'xml'): WholeAnswer => {
  // 304 has no body by HTTP's own rule.
  if (error.status === 304) return empty(304, error.headers);
  if (error.plainText) {
    const headers = { 'Content-Type': 'text/plain; charset=utf-8', ...error.headers };
    return { status: error.status, headers, body: error.message };
  }
  return api === 'json' ? jsonError(error) : xmlError(error);
};
