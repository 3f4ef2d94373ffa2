/**
 * Keeps source URLs, which come from outside, away from private and reserved addresses (server-side request forgery).
 * Judged are literals in every notation, every answer of DNS, and again every redirect; connections go only to an address
 * that was judged, so that a name cannot change its answer in between (DNS rebinding).
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { buildConnector } from 'undici';
import { LonghaulError } from '../../model/errors';
import { AddressSpread, type ConnectorOptions } from '../lib/address-spread';

export interface AddressGuardOptions {
  /** `host`, `host:port` or CIDR blocks that may be at private addresses. */
  readonly allowedHosts: readonly string[];
  /** Which of a host's addresses comes next; the guard's own where absent. */
  readonly spread?: AddressSpread;
}

export class AddressGuard {
  private readonly hosts: ReadonlySet<string>;
  private readonly spread: AddressSpread;
  private readonly blocks: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];

  /** Throws ConfigInvalid for a CIDR block that is none. */
  constructor(options: AddressGuardOptions) {
    this.spread = options.spread ?? new AddressSpread();
    const isBlock = (entry: string): boolean => entry.includes('/');
    this.hosts = new Set(options.allowedHosts.filter((entry) => !isBlock(entry)).map((entry) => entry.toLowerCase()));
    this.blocks = options.allowedHosts.filter(isBlock).map((entry) => {
      if (!ipaddr.isValidCIDR(entry)) {
        throw new LonghaulError('ConfigInvalid', `transfer.allowed_hosts: "${entry}" is not a CIDR block`);
      }
      return ipaddr.parseCIDR(entry);
    });
  }

  /** Throws AddressRefused for a literal address that is not public. Names are judged by their addresses, on connecting. */
  checkHost(hostname: string, port: string | number): void {
    const host = bare(hostname);
    if (this.allowsHost(host, port)) return;
    if (isIP(host) !== 0) this.checkAddress(host, host);
  }

  /** Throws AddressRefused unless the address is public or in an allowed block. */
  checkAddress(address: string, hostname: string): void {
    if (!ipaddr.isValid(address) || !(this.inBlock(address) || isPublic(address))) {
      const at = address === hostname ? '' : ` (${hostname})`;
      throw new LonghaulError('AddressRefused', `The source is at the private or reserved address ${address}${at}`, {
        source: hostname,
        operation: 'connect',
      });
    }
  }

  /** Connects only to addresses that this guard has judged; whatever else `net` and `tls` take is given on. */
  connector(options: ConnectorOptions): buildConnector.connector {
    const trusting = this.spread.connector(options);
    const judging = this.spread.connector(options, (address, hostname) => this.checkAddress(address, hostname));
    return (target, callback) => {
      const host = bare(target.hostname);
      const port = target.port || (target.protocol === 'https:' ? '443' : '80');
      if (this.allowsHost(host, port)) {
        trusting(target, callback);
        return;
      }
      try {
        // Sockets never look up a literal, so the lookup below would not see it.
        this.checkHost(host, port);
      } catch (error) {
        callback(error as LonghaulError, null);
        return;
      }
      judging(target, callback);
    };
  }

  private allowsHost(host: string, port: string | number): boolean {
    return this.hosts.has(host) || this.hosts.has(`${host}:${port}`) || this.hosts.has(`[${host}]:${port}`);
  }

  private inBlock(address: string): boolean {
    // Both forms: a block of IPv4 also means the same addresses mapped into IPv6.
    const forms = [ipaddr.parse(address), ipaddr.process(address)];
    return this.blocks.some(([block, bits]) =>
      forms.some((form) => form.kind() === block.kind() && form.match(block, bits)),
    );
  }
}

const bare = (hostname: string): string =>
  hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');

/** Public by the registries of RFC 6890; an address that embeds an IPv4 one (mapped, NAT64) is judged by that. */
function isPublic(text: string): boolean {
  const address = ipaddr.process(text);
  if (address.range() === 'unicast') return true;
  if (address instanceof ipaddr.IPv6 && address.range() === 'rfc6052') {
    return new ipaddr.IPv4(address.toByteArray().slice(12)).range() === 'unicast';
  }
  return false;
}
