/**
 * What `skip_unchanged` remembers: one small object per URL, `<controlPrefix>/state/<sha256>.json`, written after its file
 * is verified in the bucket and overwritten by the next ingestion. Losing it costs one download.
 */
import { createHash } from 'node:crypto';
import type { SourceValidators } from '../transfer/types';
import type { IngestRecord } from './plan';

/** Its validators are what `isUnchanged` of src/transfer takes. */
export interface UrlState {
  readonly v: 1;
  /** Display form, for people who look into the bucket. */
  readonly source: string;
  /** As the source sent them, weak ETags too: If-None-Match compares weakly (RFC 9110 section 13.1.2). */
  readonly etag?: string;
  readonly lastModified?: string;
  /** Where the bytes went the last time. */
  readonly key: string;
  readonly bytes: number;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/**
 * URLs that differ in their query are different files. A signature is not part of the name, because it changes with each
 * list; the file's name is instead.
 */
const identityOf = ({ url, urlRef, source, key }: IngestRecord): string =>
  urlRef === undefined ? (url ?? source) : `${source} ${key.slice(key.lastIndexOf('/') + 1)}`;

export const stateKey = (controlPrefix: string, record: IngestRecord): string =>
  `${controlPrefix}/state/${createHash('sha256').update(identityOf(record)).digest('hex')}.json`;

/** Null where the source gave no validator: there is nothing to compare the next time. */
export const stateOf = (
  record: IngestRecord,
  seen: SourceValidators,
  moved: { readonly bytes: number; readonly at: Date },
): UrlState | null => {
  const { etag, lastModified } = seen;
  if (etag === undefined && lastModified === undefined) return null;
  return {
    v: 1,
    source: record.source,
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    key: record.key,
    bytes: moved.bytes,
    at: moved.at.toISOString(),
  };
};

/** An unknown shape counts as none: the file is then simply read again. */
export const readState = (value: unknown): UrlState | null => {
  if (typeof value !== 'object' || value === null) return null;
  const state = value as Partial<Record<keyof UrlState, unknown>>;
  const isText = (text: unknown): boolean => typeof text === 'string' && text !== '' && !/\p{Cc}/u.test(text);
  const texts = [state.source, state.key, state.at, state.etag ?? 'none', state.lastModified ?? 'none'];
  const hasValidator = state.etag !== undefined || state.lastModified !== undefined;
  const isKnown = state.v === 1 && texts.every(isText) && typeof state.bytes === 'number' && hasValidator;
  return isKnown ? (value as UrlState) : null;
};
