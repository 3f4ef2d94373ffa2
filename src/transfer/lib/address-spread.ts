/**
 * Where DNS gives several addresses for a host, its connections go to all of them in turn: each is another machine, with its own
 * line and its own limits. An address that has just refused or not answered is left out for a while, and within one connection the
 * next one is tried before it counts as a failure (RFC 8305 section 5, by Node).
 */
import { lookup as dnsLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { Socket, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';

/** As `dns.lookup` with `all`. */
export type LookUpAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export type ConnectorOptions = { readonly timeoutMs: number } & Partial<buildConnector.BuildOptions>;

/** Judges an address before anything is sent to it; throws to refuse. */
export type Judge = (address: string, hostname: string) => void;

/** Longer than the way to any server and back; Node's own 250 ms would give up distant ones on a busy line. */
const ATTEMPT_TIMEOUT_MS = 1_000;
/** An address that has failed is tried last for so long. */
const SHUN_MS = 60_000;
/** Hosts that are remembered: stores and vendors have few. */
const MAX_HOSTS = 500;

interface Seen {
  /** Of the connection that was to use it last: the one that has waited longest is next. */
  turn: number;
  shunnedUntilMs: number;
}

export class AddressSpread {
  private readonly hosts = new Map<string, Map<string, Seen>>();
  private turns = 0;

  constructor(
    private readonly lookUp: LookUpAll = (hostname, options, callback) => {
      dnsLookup(hostname, options, callback);
    },
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Connects as undici does. All addresses of a name are judged, not just the one that is used: the next attempt may use another. */
  connector({ timeoutMs, ...options }: ConnectorOptions, judge?: Judge): buildConnector.connector {
    // The types leave out what undici returns (lib/core/connect.js).
    const connect: (...args: Parameters<buildConnector.connector>) => unknown = buildConnector({
      timeout: timeoutMs,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
      ...options,
      lookup: this.lookupFor(judge),
    });
    return (target, callback) => {
      const socket = connect(target, callback);
      if (socket instanceof Socket) this.watch(target.hostname, socket);
    };
  }

  /** In the order in which they are to be tried. The resolver's choice of family stays: the other one is what is left where all fail. */
  order(hostname: string, addresses: readonly LookupAddress[]): LookupAddress[] {
    const seen = this.seenOf(hostname);
    const nowMs = this.nowMs();
    const turnOf = ({ address }: LookupAddress): number => seen.get(address)?.turn ?? 0;
    const isShunned = ({ address }: LookupAddress): number =>
      (seen.get(address)?.shunnedUntilMs ?? 0) > nowMs ? 1 : 0;
    const isOther = ({ family }: LookupAddress): number => (family === addresses[0]?.family ? 0 : 1);
    const known = new Set(addresses.map(({ address }) => address));
    for (const address of seen.keys()) if (!known.has(address)) seen.delete(address);
    const ordered = [...addresses].sort(
      (a, b) => isShunned(a) - isShunned(b) || isOther(a) - isOther(b) || turnOf(a) - turnOf(b),
    );
    const [first] = ordered;
    if (first === undefined) return [];
    this.turns += 1;
    seen.set(first.address, { turn: this.turns, shunnedUntilMs: seen.get(first.address)?.shunnedUntilMs ?? 0 });
    return ordered;
  }

  failed(hostname: string, address: string): void {
    const seen = this.seenOf(hostname);
    seen.set(address, { turn: seen.get(address)?.turn ?? 0, shunnedUntilMs: this.nowMs() + SHUN_MS });
  }

  private lookupFor(judge: Judge | undefined): LookupFunction {
    return (hostname, options, callback) => {
      this.lookUp(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) {
          callback(error, '');
          return;
        }
        try {
          for (const { address } of addresses) judge?.(address, hostname);
        } catch (refused) {
          callback(refused as Error, '');
          return;
        }
        const ordered = this.order(hostname, addresses);
        const first = ordered[0];
        if (options.all === true) callback(null, ordered);
        else callback(null, first?.address ?? '', first?.family);
      });
    };
  }

  /** Node tells of each attempt where there is a choice. */
  private watch(hostname: string, socket: Socket): void {
    const onFailed = (address: string): void => this.failed(hostname, address);
    socket.on('connectionAttemptFailed', onFailed);
    socket.on('connectionAttemptTimeout', onFailed);
  }

  private seenOf(hostname: string): Map<string, Seen> {
    const seen = this.hosts.get(hostname) ?? new Map<string, Seen>();
    if (!this.hosts.has(hostname)) {
      const [oldest] = this.hosts.keys();
      if (this.hosts.size >= MAX_HOSTS && oldest !== undefined) this.hosts.delete(oldest);
      this.hosts.set(hostname, seen);
    }
    return seen;
  }
}
