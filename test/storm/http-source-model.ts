/** A web server with one file, whose content may be replaced while it is read. */
import type { Clock } from './clock';
import { errorXml } from './faults';
import { rangeReply } from './ranges';
import type { Server } from './wire';
import type { WireReply, WireRequest } from './wire-messages';

export interface SourceFlavour {
  readonly validator: 'strong' | 'weak' | 'date' | 'none';
  readonly knowsRanges: boolean;
  /** False: it answers a range of the new version to an If-Range with the old one. */
  readonly knowsIfRange: boolean;
  readonly declaresLength: boolean;
}

interface Version {
  readonly content: Buffer;
  readonly name: string;
  readonly modifiedMs: number;
}

/** In the URL, in its user info and in a header: none of it may be seen anywhere. */
export const SECRETS = /SECRET/;
export const API_KEY = 'SECRET-api-key';
const OLD_MS = 60_000;

export class HttpSourceModel implements Server {
  readonly versions: Version[] = [];
  /** URLs are signed with a counter; those below this have expired. */
  validFrom = 0;
  /** A whole answer without a length has been given: nobody can know where it should have ended. */
  hasHiddenLength = false;

  constructor(
    readonly flavour: SourceFlavour,
    private readonly clock: Clock,
    content: Buffer,
    private readonly onLeak: (what: string) => void,
  ) {
    this.versions.push({ content, name: 'v0', modifiedMs: clock.nowMs - OLD_MS });
  }

  replace(content: Buffer): void {
    const modifiedMs = Math.floor(this.clock.nowMs / 1_000) * 1_000;
    this.versions.push({ content, name: `v${this.versions.length}`, modifiedMs });
  }

  url(signed: number): string {
    return `https://source.test/data/file.bin?X-Amz-Signature=SECRET-signature&signed=${signed}`;
  }

  handle(request: WireRequest): WireReply {
    const { url, headers } = request;
    if (url.hostname !== 'source.test' && JSON.stringify(headers).includes(API_KEY))
      this.onLeak(`${url.host} got the API key`);
    if (url.pathname === '/loop') return { status: 302, headers: { location: '/loop' }, body: Buffer.alloc(0) };
    if (Number(url.searchParams.get('signed') ?? this.validFrom) < this.validFrom) {
      const body = Buffer.from(errorXml('AccessDenied').replace('by the storm', 'Request has expired'));
      return { status: 403, headers: {}, body };
    }
    const { flavour, clock } = this;
    const version = this.versions.at(-1)!;
    const lastModified = new Date(version.modifiedMs).toUTCString();
    const etag = { strong: `"${version.name}"`, weak: `W/"${version.name}"` }[flavour.validator as string];
    const validator = etag ?? (flavour.validator === 'date' ? lastModified : undefined);
    const ifRange = headers['if-range'];
    const isOther = flavour.knowsIfRange && ifRange !== undefined && ifRange !== validator;
    const reply = rangeReply(version.content, flavour.knowsRanges && !isOther ? headers['range'] : undefined);
    const { 'content-length': length, ...rest } = reply.headers;
    const hides = !flavour.declaresLength && reply.status === 200;
    if (hides) this.hasHiddenLength = true;
    return {
      ...reply,
      headers: {
        date: new Date(clock.nowMs).toUTCString(),
        ...(etag === undefined ? {} : { etag }),
        ...(flavour.validator === 'date' || flavour.validator === 'weak' ? { 'last-modified': lastModified } : {}),
        ...rest,
        ...(hides || length === undefined ? {} : { 'content-length': length }),
      },
    };
  }
}
