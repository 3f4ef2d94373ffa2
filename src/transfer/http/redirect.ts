/** Redirects by hand (RFC 9110 section 15.4), because each hop is judged and may be another origin. */
import { LonghaulError } from '../../model/errors';
import { SourceUrl } from '../source-url';

export const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What the engine itself asks with; all other headers may carry credentials and stay with the first origin. */
const HARMLESS = new Set([
  'accept',
  'accept-encoding',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'range',
  'user-agent',
]);

export const isRedirect = (status: number, location: string | undefined): location is string =>
  REDIRECTS.has(status) && location !== undefined && location !== '';

/** Throws RedirectRefused from https to http, and for a Location that is no http(s) URL. */
export function followRedirect(from: SourceUrl, location: string): SourceUrl {
  const base = from.reveal();
  const target = URL.canParse(location, base.href) ? new URL(location, base) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol)) {
    throw new LonghaulError('RedirectRefused', `${from.display} redirects to something that is no http URL`, {
      source: from.display,
    });
  }
  if (base.protocol === 'https:' && target.protocol === 'http:') {
    throw new LonghaulError('RedirectRefused', `${from.display} redirects from https to http`, {
      source: from.display,
    });
  }
  return new SourceUrl(target.href);
}

/** Headers for the next hop: across origins Authorization, Cookie, x-amz-* and API keys of any name are left behind. */
export function headersFor(next: URL, first: URL, headers: Readonly<Record<string, string>>): Record<string, string> {
  if (next.origin === first.origin) return { ...headers };
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name.toLowerCase())));
}
