/** What a server has answered: the head is there, the body is still to be read. */
import type { Readable } from 'node:stream';

export interface HttpReply {
  readonly status: number;
  /** Names in lower case; repeated headers joined with a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Readable;
}
