/** Stops one run at one request to the S3 server, so that a worker can be killed exactly there. */
import { startS3Proxy, type S3Proxy, type StoreRequest } from '../../support/s3-proxy';

export interface StopAt {
  /** Which request; the first that fits is held. */
  readonly when: (request: StoreRequest) => boolean;
  /** `before`: the store never sees it where the client dies. `after`: the store has done it, and nobody hears of it. */
  readonly moment: 'before' | 'after';
}

export interface StoppingProxy extends S3Proxy {
  /** Resolves when the request is held. */
  readonly reached: Promise<void>;
  /** Lets it and everything else pass. */
  release(): void;
}

const never = (): boolean => false;

export async function startStoppingProxy(target: string, { when, moment }: StopAt): Promise<StoppingProxy> {
  let reach = (): void => undefined;
  let release = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const proxy = await startS3Proxy(target);
  let fits = when;
  proxy.script = (request) => {
    if (!fits(request)) return 'pass';
    fits = never;
    reach();
    return moment === 'before' ? { holdUntil: released } : { answerAfter: released };
  };
  return Object.assign(proxy, { reached, release });
}
