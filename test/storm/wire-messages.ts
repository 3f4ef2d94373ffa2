/** What goes over the network of wire.ts. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body was cut off on its way: what is here has arrived, of so many. */
  readonly declaredBytes?: number;
}

/** Part 1 names its upload by its bytes where nothing else does: a torn one is nobody's. */
export const isLaterPart = ({ url }: WireRequest): boolean => Number(url.searchParams.get('partNumber')) > 1;

export interface WireReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}
