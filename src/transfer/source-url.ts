/** URLs of sources: a type whose text form has no query, fragment or user info, because those carry signatures. */
import { LonghaulError } from '../model/errors';

/** Query parameters that make a URL a bearer secret (AWS SigV4 and V2, GCS, Azure SAS, CloudFront, common tokens). */
const SECRET_PARAMETERS =
  /^(x-amz-(signature|credential|security-token)|x-goog-(signature|credential)|signature|sig|awsaccesskeyid|policy|key-pair-id|token|access_token|api_?key|key|secret|password|auth)$/i;

export class SourceUrl {
  /** As text: a listing of a hundred thousand is kept, and URL objects take several times as much. */
  readonly #href: string;

  /** Throws RecordInvalid for anything but an absolute http(s) URL; the message never repeats the query. */
  constructor(text: string) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      // Up to the last @ it may be a password, whatever else is wrong with the text.
      const shown = (text.split(/[?#]/, 1)[0] ?? '').replace(/^(\w+:\/\/)?.*@/s, '$1').slice(0, 200);
      throw new LonghaulError('RecordInvalid', `Not an http or https URL: ${shown}`);
    }
    this.#href = url.href;
  }

  /** What is requested: the whole URL, signature and all. */
  reveal(): URL {
    return new URL(this.#href);
  }

  get display(): string {
    const { protocol, host, pathname } = this.reveal();
    return `${protocol}//${host}${pathname}`;
  }

  /** The path's last segment, percent-decoded where that gives valid text; may be empty. */
  get baseName(): string {
    const last = this.reveal().pathname.split('/').at(-1) ?? '';
    try {
      return decodeURIComponent(last);
    } catch {
      return last;
    }
  }

  /** True where holding the text is enough to read the file: such a URL is never stored. */
  get isSigned(): boolean {
    const { username, password, searchParams } = this.reveal();
    if (username !== '' || password !== '') return true;
    return [...searchParams.keys()].some((name) => SECRET_PARAMETERS.test(name));
  }

  toString(): string {
    return this.display;
  }

  toJSON(): string {
    return this.display;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.display;
  }
}
