/** Whether a source is still what it was (RFC 9110 section 13): one conditional GET, no bytes moved where it is. */
import { LonghaulError } from '../../model/errors';
import { withDeadline } from '../lib/abort';
import type { SourceUrl } from '../source-url';
import type { SourceValidators } from '../types';
import type { HttpClient } from './http-client';
import { refusalOf } from './refusal';

export interface UnchangedOptions {
  /** Sent to the URL's own origin alone. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** For the answer's headers. */
  readonly stallTimeoutMs: number;
}

/**
 * True where the source answers 304 to the validators of last time; false where it sends the file (whose body is not read),
 * and where there are no validators: then nothing is asked. Not retried. Throws as the HTTP source does: SourceNotFound,
 * SourceForbidden, SourceUnavailable, SourceStalled, ….
 */
export async function isUnchanged(
  http: HttpClient,
  url: SourceUrl,
  validators: SourceValidators,
  options: UnchangedOptions,
): Promise<boolean> {
  const condition = conditionOf(validators);
  if (condition === undefined) return false;
  const { signal, stallTimeoutMs } = options;
  const stalled = (): LonghaulError =>
    new LonghaulError('SourceStalled', `${url.display} did not answer within ${stallTimeoutMs} ms`, {
      source: url.display,
      operation: 'open',
    });
  return withDeadline(signal, stallTimeoutMs, stalled, async (openSignal) => {
    const reply = await http.get(url, { ...options.headers, ...condition }, openSignal);
    if (reply.status !== 200 && reply.status !== 304) throw await refusalOf(reply, url.display, false);
    reply.body.on('error', () => undefined).destroy();
    // A 304 that names another ETag is some cache's and not an answer to our question.
    return reply.status === 304 && isSameEtag(validators.etag, reply.headers['etag']);
  });
}

/** If-None-Match alone where there is an ETag: with it a date is ignored (section 13.2.2). A weak ETag will do here. */
function conditionOf({ etag, lastModified }: SourceValidators): Record<string, string> | undefined {
  if (etag !== undefined) return { 'if-none-match': etag };
  return lastModified === undefined ? undefined : { 'if-modified-since': lastModified };
}

/** Weak comparison (section 8.8.3.2). */
const isSameEtag = (kept: string | undefined, told: string | undefined): boolean =>
  kept === undefined || told === undefined || opaque(kept) === opaque(told);

const opaque = (etag: string): string => etag.replace(/^W\//, '');
