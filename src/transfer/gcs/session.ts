/**
 * A resumable session of the JSON API: one object in order. Its URL is a bearer secret for a week, so it never leaves this object.
 * The store may have kept less than was sent; what it has is asked for after every doubt, and the rest is sent from there
 * (Cloud Storage, "Perform resumable uploads").
 */
import { LonghaulError } from '../../model/errors';
import type { Checksums } from '../checksums';
import type { ObjectAttributes, ObjectSession, StoredObject } from '../destination';
import { encodeCrc32 } from '../lib/crc32';
import { sendTimeoutMs } from '../lib/deadlines';
import { callGcs, jsonOf, query, type GcsAnswer } from './call';
import { absentQuery, resourceOf, storedObject, type GcsBucket } from './objects';

/** All requests but the last carry a multiple of this. */
export const GRANULE_BYTES = 256 * 1024;

/** The answer to a request after which the store wants more. */
const GO_ON = 308;
/** The session is gone, says the store in either way. */
const LOST = [404, 410];
/** A store that takes a request and keeps nothing of it, so often in a row, is in trouble. */
const MAX_IDLE_ANSWERS = 3;

export async function openSession(
  at: GcsBucket,
  key: string,
  attributes: ObjectAttributes,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<ObjectSession> {
  const resource = resourceOf(key, attributes);
  const document = Buffer.from(JSON.stringify(resource));
  const parameters = query({ uploadType: 'resumable', ...absentQuery(attributes) });
  const request = {
    operation: 'gcs_start_session',
    method: 'POST',
    path: `/upload/storage/v1/b/${encodeURIComponent(at.bucket)}/o${parameters}`,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'content-length': String(document.length),
      'x-upload-content-type': String(resource['contentType']),
      'x-upload-content-length': String(sizeBytes),
    },
    body: () => document,
  } as const;
  const { headers } = await callGcs(at.client, at.call('Beginning', key), request, signal);
  const { location } = headers;
  if (location === undefined || !URL.canParse(location)) {
    throw new LonghaulError('DestinationRejected', `The store began no session for gs://${at.bucket}/${key}`);
  }
  return new ResumableSession(at, key, new URL(location), sizeBytes);
}

/** What the store has: all of it, or the first `keptBytes`. */
type State = { readonly stored: StoredObject } | { readonly keptBytes: number };

class ResumableSession implements ObjectSession {
  readonly #url: URL;
  /** What the last request has done is not known. */
  #isDoubtful = false;

  constructor(
    private readonly at: GcsBucket,
    private readonly key: string,
    url: URL,
    private readonly sizeBytes: number,
  ) {
    this.#url = url;
  }

  async send(
    offsetBytes: number,
    body: Buffer,
    sums: Checksums | undefined,
    signal: AbortSignal,
  ): Promise<StoredObject | undefined> {
    const end = offsetBytes + body.length;
    let from = offsetBytes;
    if (this.#isDoubtful) {
      const state = await this.#ask(signal);
      if ('stored' in state) return state.stored;
      from = this.#goOnFrom(state.keptBytes, offsetBytes, end);
      if (from === end && sums === undefined) return undefined;
    }
    for (let idle = 0; ;) {
      const state = await this.#put(from, body.subarray(from - offsetBytes), sums, signal);
      if ('stored' in state) return state.stored;
      const kept = this.#goOnFrom(state.keptBytes, offsetBytes, end);
      if (kept === end && sums === undefined) return undefined;
      idle = kept > from ? 0 : idle + 1;
      if (idle === MAX_IDLE_ANSWERS) {
        throw new LonghaulError('DestinationUnavailable', `${this.#display} keeps nothing of what is sent`);
      }
      from = kept;
    }
  }

  async cancel(signal: AbortSignal): Promise<void> {
    const request = {
      operation: 'gcs_cancel_session',
      method: 'DELETE',
      path: this.#url,
      headers: { 'content-length': '0' },
    } as const;
    // 499 is how the store says that the client has cancelled.
    const call = this.at.call('Giving up', this.key, { also: [499, ...LOST] });
    await callGcs(this.at.client, call, request, signal);
  }

  get #display(): string {
    return `gs://${this.at.bucket}/${this.key}`;
  }

  /** Less than what was told before has been thrown away here too: then all of it must be sent again. */
  #goOnFrom(keptBytes: number, offsetBytes: number, end: number): number {
    if (keptBytes >= offsetBytes && keptBytes <= end) return keptBytes;
    throw this.#lost(`has ${keptBytes} bytes, where ${offsetBytes} to ${end} are being sent`);
  }

  #ask(signal: AbortSignal): Promise<State> {
    return this.#request(`bytes */${this.sizeBytes}`, Buffer.alloc(0), undefined, signal);
  }

  #put(from: number, body: Buffer, sums: Checksums | undefined, signal: AbortSignal): Promise<State> {
    const range = body.length === 0 ? '*' : `${from}-${from + body.length - 1}`;
    return this.#request(`bytes ${range}/${this.sizeBytes}`, body, sums, signal);
  }

  async #request(range: string, body: Buffer, sums: Checksums | undefined, signal: AbortSignal): Promise<State> {
    const crc32c = sums?.crc32c;
    const request = {
      operation: body.length === 0 ? 'gcs_query_session' : 'gcs_send',
      method: 'PUT',
      path: this.#url,
      headers: {
        'content-length': String(body.length),
        'content-range': range,
        // Held against the whole object before it becomes visible.
        ...(crc32c === undefined ? {} : { 'x-goog-hash': `crc32c=${encodeCrc32(crc32c)}` }),
      },
      body: () => body,
    } as const;
    const call = this.at.call('Writing', this.key, { timeoutMs: sendTimeoutMs(body.length), also: [GO_ON, ...LOST] });
    this.#isDoubtful = true;
    try {
      const answer = await callGcs(this.at.client, call, request, signal);
      if (LOST.includes(answer.status)) throw this.#lost(`is gone (HTTP ${answer.status})`);
      const state = this.#stateOf(answer);
      this.#isDoubtful = false;
      return state;
    } catch (error) {
      // The store has thrown the bytes away; nothing of this session is of use.
      if (error instanceof LonghaulError && error.code === 'ChecksumMismatch')
        throw this.#lost('got damaged bytes', error);
      throw error;
    }
  }

  #stateOf(answer: GcsAnswer): State {
    if (answer.status !== GO_ON) return { stored: storedObject(jsonOf(answer)) };
    // No Range at all: nothing is kept yet.
    const last = /^bytes=0-(\d{1,15})$/.exec(answer.headers['range'] ?? '')?.[1];
    return { keptBytes: last === undefined ? 0 : Number(last) + 1 };
  }

  #lost(fault: string, cause?: LonghaulError): LonghaulError {
    const context = { operation: 'send', destination: this.#display };
    return new LonghaulError('UploadLost', `The session of ${this.#display} ${fault}`, context, { cause });
  }
}
