import { describe, expect, it } from '@jest/globals';
import { AddressPolicy } from './address-policy.js';

const anywhere = new AddressPolicy([]);
const NEVER = /link-local or reserved/;
const PLAIN = /plain http/;

describe('where metrics may go, by what stands in the URL', () => {
  it.each([
    ['https to a name', 'https://metrics.example.com/v1'],
    ['https to a public address', 'https://203.0.113.9/v1'],
    ['https to a private address', 'https://10.0.0.1/v1'],
    ['http to loopback', 'http://127.0.0.1:4318/'],
    ['http to loopback, IPv6', 'http://[::1]:4318/'],
    ['http to 10/8', 'http://10.1.2.3/'],
    ['http to 172.16/12', 'http://172.31.255.255/'],
    ['http to 192.168/16', 'http://192.168.1.1/'],
    ['http to 100.64/10', 'http://100.127.0.1/'],
    ['http to fc00::/7', 'http://[fd12::1]/'],
    ['http to a mapped private address', 'http://[::ffff:10.0.0.1]/'],
    ['https to a public address behind NAT64', 'https://[64:ff9b::203.0.113.9]/'],
    ['https to a public address by ISATAP', 'https://[2001:db8::5efe:203.0.113.9]/'],
    ['https to a public IPv6 address', 'https://[2001:db8::a9fe:a9fe]/'],
    ['https to an IPv6 address without a gap', 'https://[2001:db8:1:2:3:4:a9fe:a9fe]/'],
    ['http to a name, which is judged by its address', 'http://anything.example.com/'],
  ])('%s', (_title, url) => {
    expect(() => anywhere.checkUrl(new URL(url))).not.toThrow();
  });

  it.each([
    ['the metadata service', 'http://169.254.169.254/latest', NEVER],
    ['the metadata service over https', 'https://169.254.169.254/', NEVER],
    ['the metadata service, in decimal', 'https://2852039166/', NEVER],
    ['the metadata service, in hexadecimal', 'https://0xa9fea9fe/', NEVER],
    ['the metadata service, mapped into IPv6', 'https://[::ffff:169.254.169.254]/', NEVER],
    ['the metadata service, behind NAT64', 'https://[64:ff9b::a9fe:a9fe]/', NEVER],
    ['link-local IPv6', 'https://[fe80::1]/', NEVER],
    ['link-local IPv6, end of the range', 'https://[febf::1]/', NEVER],
    ['AWS by IPv6', 'https://[fd00:ec2::254]/', NEVER],
    ['Alibaba Cloud', 'https://100.100.100.200/', NEVER],
    ['Alibaba Cloud, plain', 'http://100.100.100.200/', NEVER],
    ['this host', 'http://0.0.0.0/', NEVER],
    ['this host, IPv6', 'http://[::]/', NEVER],
    ['everybody', 'https://255.255.255.255/', NEVER],
    ['multicast', 'https://224.0.0.1/', NEVER],
    ['multicast, IPv6', 'https://[ff02::1]/', NEVER],
    ['Alibaba Cloud, behind NAT64', 'https://[64:ff9b::100.100.100.200]/', NEVER],
    ['Azure, behind NAT64', 'https://[64:ff9b::168.63.129.16]/', NEVER],
    ['Oracle Cloud, behind NAT64', 'https://[64:ff9b::192.0.0.192]/', NEVER],
    ['this host, behind NAT64', 'https://[64:ff9b::0.0.0.0]/', NEVER],
    ['a NAT64 of the network itself', 'https://[64:ff9b:1::cb00:7109]/', NEVER],
    ['the metadata service, translated (SIIT)', 'https://[::ffff:0:169.254.169.254]/', NEVER],
    ['the metadata service, by ISATAP', 'https://[2001:db8::5efe:169.254.169.254]/', NEVER],
    ['the metadata service, by ISATAP, global', 'https://[2001:db8:1:2:200:5efe:169.254.169.254]/', NEVER],
    ['the metadata service, by 6to4', 'https://[2002:a9fe:a9fe::1]/', NEVER],
    ['anything by 6to4', 'https://[2002:cb00:7109::1]/', NEVER],
    ['anything by Teredo', 'https://[2001:0:cb00:7109::1]/', NEVER],
    ['an IPv4-compatible address', 'https://[::169.254.169.254]/', NEVER],
    ['any IPv4-compatible address', 'https://[::203.0.113.9]/', NEVER],
    ['http to a public address', 'http://203.0.113.9/', PLAIN],
    ['http just above 172.16/12', 'http://172.32.0.1/', PLAIN],
    ['http to a public IPv6 address', 'http://[2001:db8::1]/', PLAIN],
    ['http to a mapped public address', 'http://[::ffff:203.0.113.9]/', PLAIN],
  ])('never: %s', (_title, url, why) => {
    expect(() => anywhere.checkUrl(new URL(url))).toThrow(why);
  });
});

describe('where metrics may go, by the address of a name', () => {
  it.each([
    ['metrics.example.com', '203.0.113.9', 'https:'],
    ['metrics.example.com', '10.0.0.1', 'http:'],
    ['otel.monitoring.svc', '203.0.113.9', 'http:'],
    ['otel.monitoring.svc.cluster.local', '203.0.113.9', 'http:'],
    ['otel.monitoring.svc.cluster.local.', '203.0.113.9', 'http:'],
    ['localhost', '127.0.0.1', 'http:'],
    ['localhost', '0:0:0:0:0:0:0:1', 'http:'],
  ])('%s at %s by %s', (host, address, protocol) => {
    expect(() => anywhere.checkAddress(host, address, protocol)).not.toThrow();
  });

  it.each([
    ['metrics.example.com', '169.254.169.254', 'https:', NEVER],
    ['otel.monitoring.svc', '169.254.169.254', 'http:', NEVER],
    ['metrics.example.com', '::ffff:169.254.169.254', 'https:', NEVER],
    ['metrics.example.com', 'fe80::1%eth0', 'https:', NEVER],
    ['metrics.example.com', '64:ff9b::168.63.129.16', 'https:', NEVER],
    ['metrics.example.com', '0:0:0:0:0:0:a9fe:a9fe', 'https:', NEVER],
    ['metrics.example.com', '2001:DB8:0:0:0:5EFE:169.254.169.254', 'https:', NEVER],
    ['metrics.example.com', 'no address', 'https:', NEVER],
    ['metrics.example.com', '203.0.113.9', 'http:', PLAIN],
    ['otel.svc.example.com', '203.0.113.9', 'http:', PLAIN],
    ['evilsvc', '203.0.113.9', 'http:', PLAIN],
    ['localhost.example.com', '203.0.113.9', 'http:', PLAIN],
  ])('never: %s at %s by %s', (host, address, protocol, why) => {
    expect(() => anywhere.checkAddress(host, address, protocol)).toThrow(why);
  });
});

describe('host patterns', () => {
  const some = new AddressPolicy(['metrics.example.com', '*.Example.org', '10.0.0.1', '[fd12::1]']);

  it.each([
    'https://metrics.example.com/',
    'https://METRICS.example.com./',
    'https://a.example.org/',
    'https://a.b.example.org:8443/',
    'https://10.0.0.1/',
    'https://[fd12::1]/',
  ])('%s', (url) => {
    expect(() => some.checkUrl(new URL(url))).not.toThrow();
  });

  it.each([
    'https://example.com/',
    'https://a.metrics.example.com/',
    'https://example.org/',
    'https://badexample.org/',
    'https://a.example.org.evil.com/',
    'https://10.0.0.2/',
  ])('never: %s', (url) => {
    expect(() => some.checkUrl(new URL(url))).toThrow(/ALLOW_DESTINATIONS/);
  });

  it('narrow only: a link-local address stays out of reach', () => {
    const policy = new AddressPolicy(['169.254.169.254']);
    expect(() => policy.checkUrl(new URL('https://169.254.169.254/'))).toThrow(NEVER);
  });
});
