/** Tells a webhook of a run's result. Its URL is a secret as a whole: chat services put the token into the path. */
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { LonghaulError } from '../model/errors';

/** As the URL is handed around: Secret, or anything that hides it as well. */
export interface HiddenUrl {
  reveal(): string;
}

export interface WebhookOptions {
  /** Attempts in all. */
  readonly attempts?: number;
  /** Time before the second attempt; doubled before each further one. */
  readonly delayMs?: number;
  /** Time limit of one attempt: nobody waits long for a notification. */
  readonly timeoutMs?: number;
}

const DEFAULTS = { attempts: 3, delayMs: 1_000, timeoutMs: 10_000 };

/** What went wrong without the words of the client, which may quote the URL; null where it was received. */
const post = async (
  url: URL,
  body: string,
  signal: AbortSignal,
): Promise<{ fault: string; passes: boolean } | null> => {
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'longhaul' },
      body,
      signal,
    });
    await answer.body.dump({ limit: 64 * 1024 });
    const { statusCode: status } = answer;
    if (status >= 200 && status < 300) return null;
    return { fault: `answered ${status}`, passes: status >= 500 || status === 429 || status === 408 };
  } catch (error) {
    if (signal.aborted) return { fault: 'did not answer in time', passes: true };
    const code = (error as NodeJS.ErrnoException).code;
    return { fault: `cannot be reached (${typeof code === 'string' ? code : 'no code'})`, passes: true };
  }
};

const parse = (url: HiddenUrl): URL => {
  const text = url.reveal();
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed?.protocol === 'https:' || parsed?.protocol === 'http:') return parsed;
  throw new LonghaulError('WebhookFailed', 'The webhook has no http or https URL.');
};

/**
 * POSTs `body` as JSON. A network error, 5xx, 408 and 429 are tried again; redirects are not followed. Throws WebhookFailed,
 * whose message never holds the URL, or the signal's reason.
 */
export const notifyWebhook = async (
  url: HiddenUrl,
  body: unknown,
  signal: AbortSignal,
  options: WebhookOptions = {},
): Promise<void> => {
  const { attempts, delayMs, timeoutMs } = { ...DEFAULTS, ...options };
  const target = parse(url);
  const text = JSON.stringify(body);
  let last = '';
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    signal.throwIfAborted();
    const result = await post(target, text, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
    if (result === null) return;
    signal.throwIfAborted();
    last = result.fault;
    if (!result.passes) break;
    if (attempt < attempts) {
      // The sleep's own AbortError would hide why it was aborted.
      await sleep(delayMs * 2 ** (attempt - 1), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
  throw new LonghaulError('WebhookFailed', `The webhook ${last}.`);
};
