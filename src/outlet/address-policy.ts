import { BlockList, isIP } from 'node:net';

/** Why a destination may not be used, for people. */
export class DestinationNotAllowedError extends Error {
  readonly code = 'L2MET_OUTLET_DESTINATION';
}

/**
 * Never, whatever the transport: link-local addresses (RFC 3927, RFC 4291 §2.5.6), where clouds put the service that hands
 * out credentials; the addresses outside of those ranges that some clouds use for it; what is no single host's address; and
 * ways from IPv6 to IPv4 that are out of use or a network's own affair, for they lead to any of these.
 * A BlockList compares IPv4-mapped IPv6 addresses with the IPv4 entries.
 */
const never = new BlockList();
never.addSubnet('169.254.0.0', 16, 'ipv4');
never.addSubnet('fe80::', 10, 'ipv6');
never.addAddress('100.100.100.200', 'ipv4'); // Alibaba Cloud
never.addAddress('168.63.129.16', 'ipv4'); // Azure
never.addAddress('192.0.0.192', 'ipv4'); // Oracle Cloud
never.addAddress('fd00:ec2::254', 'ipv6'); // AWS
never.addAddress('fd20:ce::254', 'ipv6'); // Google Cloud
never.addSubnet('0.0.0.0', 8, 'ipv4');
never.addSubnet('224.0.0.0', 3, 'ipv4');
never.addSubnet('ff00::', 8, 'ipv6');
never.addSubnet('2002::', 16, 'ipv6'); // 6to4 (RFC 7526)
never.addSubnet('2001::', 32, 'ipv6'); // Teredo (RFC 4380)
never.addSubnet('64:ff9b:1::', 48, 'ipv6'); // a network's own NAT64 (RFC 8215)

/** ::/96, IPv4-compatible (RFC 4291 §2.5.5.1), `::` itself included; `::1` alone is in use. */
const compatible = new BlockList();
compatible.addSubnet('::', 96, 'ipv6');
const loopback = new BlockList();
loopback.addAddress('::1', 'ipv6');

/** Addresses that carry an IPv4 address in their last 32 bits, which is judged as well: NAT64 (RFC 6052), SIIT (RFC 7915). */
const carriers = new BlockList();
carriers.addSubnet('64:ff9b::', 96, 'ipv6');
carriers.addSubnet('::ffff:0:0:0', 96, 'ipv6');

/** Where credentials may travel unencrypted: loopback, private (RFC 1918, RFC 4193), shared (RFC 6598) addresses. */
const near = new BlockList();
near.addSubnet('127.0.0.0', 8, 'ipv4');
near.addSubnet('10.0.0.0', 8, 'ipv4');
near.addSubnet('172.16.0.0', 12, 'ipv4');
near.addSubnet('192.168.0.0', 16, 'ipv4');
near.addSubnet('100.64.0.0', 10, 'ipv4');
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');

/** Names that only a cluster's own DNS or the machine itself knows; plain http is as good as to a private address. */
const NEAR_NAME = /^localhost$|\.svc$|\.svc\.cluster\.local$/i;

/** Where tenants may have their metrics sent. The operator's own choice is exempt and never comes here. */
export class AddressPolicy {
  private readonly patterns: readonly string[];

  /** @param patterns `host` or `*.domain` (all below it, not itself), in any letter case; none allows every host */
  constructor(patterns: readonly string[]) {
    this.patterns = patterns.map((pattern) => pattern.toLowerCase());
  }

  /**
   * Judges a URL by what stands in it: the host patterns, and the address where the host is one.
   * @throws DestinationNotAllowedError
   */
  checkUrl(url: URL): void {
    const host = bare(url.hostname);
    if (this.patterns.length > 0 && !this.patterns.some((pattern) => matches(host, bare(pattern)))) {
      throw new DestinationNotAllowedError('the host is not in ALLOW_DESTINATIONS');
    }
    if (isIP(host) !== 0) this.checkAddress(host, host, url.protocol);
  }

  /**
   * Judges an address that a host has, when a connection to it is made.
   * @param protocol as in a URL, with the colon
   * @throws DestinationNotAllowedError
   */
  checkAddress(host: string, address: string, protocol: string): void {
    // A zone (fe80::1%eth0) is for link-local addresses only.
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (address.includes('%') || isIP(address) === 0 || isNever(address, family)) {
      throw new DestinationNotAllowedError('the host has a link-local or reserved address');
    }
    if (protocol !== 'https:' && !NEAR_NAME.test(bare(host)) && !near.check(address, family)) {
      throw new DestinationNotAllowedError('plain http is for private addresses only: use https');
    }
  }
}

function isNever(address: string, family: 'ipv4' | 'ipv6'): boolean {
  if (never.check(address, family)) return true;
  if (family === 'ipv4') return false;
  if (compatible.check(address, family)) return !loopback.check(address, family);
  const last = groupsOf(address);
  // ISATAP (RFC 5214 §6.1): ::5efe:a.b.c.d, or 200:5efe, below any prefix.
  const isIsatap = (last[0]! & ~0x200) === 0 && last[1] === 0x5efe;
  if (!isIsatap && !carriers.check(address, family)) return false;
  return never.check([last[2]! >> 8, last[2]! & 0xff, last[3]! >> 8, last[3]! & 0xff].join('.'), 'ipv4');
}

/** The last four groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  // A URL writes every address in one form, without a dotted part.
  const [head = '', tail] = bare(new URL(`http://[${address}]`).hostname).split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)));
  return (tail === undefined ? groups(head) : [...new Array<number>(8).fill(0), ...groups(tail)]).slice(-4);
}

/** A host as patterns and addresses name it: no brackets, no final dot, lower case. */
function bare(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

function matches(host: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}
