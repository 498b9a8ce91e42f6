import { describe, expect, it } from '@jest/globals';
import {
  type Credentials,
  parseAccountRoute,
  parseCredentials,
  parseDestinationUrl,
  resolveDestination,
  SECOND_VALUE,
} from './credentials.js';
import { tenantIdOf } from './tenant-id.js';

function credentialsOf(text: string): Credentials {
  const parsed = parseCredentials(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.credentials;
}

const SECRET = 'hunter2secret';

describe('parseCredentials', () => {
  it.each([
    ['the form of the Go program', 'me@example.com:tok', { user: 'me@example.com', password: 'tok' }],
    ['a colon in the token', 'me@example.com:a:b', { user: 'me@example.com', password: 'a:b' }],
    ['no e-mail at all', 'u:p', { user: 'u', password: 'p' }],
    ['what looks like a URL of the old form', 'https://x', { user: 'https', password: '//x' }],
    ['characters beyond ASCII', 'ü@example.com:ß', { user: 'ü@example.com', password: 'ß' }],
  ])('takes an account: %s', (_why, text, account) => {
    expect(credentialsOf(text)).toEqual({ type: 'account', ...account });
  });

  it('takes console:', () => {
    expect(credentialsOf('console:')).toEqual({ type: 'destination', target: { kind: 'console' } });
  });

  it.each([
    ['plain', 'librato+https://user:tok@host/v1/metrics', 'https://host/v1/metrics', 'user', 'tok'],
    [
      'an e-mail, percent-encoded',
      'librato+https://me%40example.com:t%2Fk@host/v1/metrics',
      'https://host/v1/metrics',
      'me@example.com',
      't/k',
    ],
    ['any case of the scheme', 'Librato+HTTPS://user:tok@host/v1/metrics', 'https://host/v1/metrics', 'user', 'tok'],
    [
      'plain HTTP and a port',
      'librato+http://user:tok@127.0.0.1:8080/m?x=1',
      'http://127.0.0.1:8080/m?x=1',
      'user',
      'tok',
    ],
    ['an IPv6 address', 'librato+https://user:tok@[::1]:1/', 'https://[::1]:1/', 'user', 'tok'],
  ])('takes a librato destination: %s', (_why, text, url, user, password) => {
    const { target } = credentialsOf(text) as Extract<Credentials, { type: 'destination' }>;
    if (target.kind !== 'librato') throw new Error(target.kind);
    expect({ ...target, url: target.url.href }).toEqual({ kind: 'librato', url, user, password });
  });

  it.each([
    ['', /expected email:api-token, otlp\+https:\/\/.*, librato\+https:\/\/.* or console:/],
    [SECRET, /expected email:api-token/],
    [`:${SECRET}`, /expected email:api-token/],
    [`${SECRET}:`, /expected email:api-token/],
    [`me@example.com:${SECRET}\r\nX-Evil: 1`, /expected email:api-token/],
    [`me@example.com:${SECRET}\n`, /expected email:api-token/],
    [`me@example.com: ${SECRET}`, /expected email:api-token/],
    [`me@example.com:${SECRET}\u007f`, /expected email:api-token/],
    [`me@example.com:${SECRET}\0`, /expected email:api-token/],
    [`librato+https://${SECRET}@host/v1/metrics`, /needs a user name and a token, as in librato\+https:/],
    [`librato+https://:${SECRET}@host/v1/metrics`, /needs a user name and a token/],
    ['librato+https://host/v1/metrics', /needs a user name and a token/],
    [`librato+https://me@example.com:${SECRET}@`, /is not a URL: expected/],
    [`librato+https://user:${SECRET}@host:notaport/`, /is not a URL: expected/],
    [`librato+https://user:${SECRET}%E0%A4%A@host/`, /not percent-encoded/],
    [`carbon+https://user:${SECRET}@host/`, /of the kind carbon are not known: expected/],
  ])('refuses %j, saying what is expected and never repeating the secret', (text, problem) => {
    const parsed = parseCredentials(text);
    if (parsed.ok) throw new Error('taken');
    expect(parsed.problem).toMatch(problem);
    expect(parsed.problem).not.toContain(SECRET);
    expect(parsed.problem).not.toContain('example.com');
  });
});

describe('parseDestinationUrl', () => {
  it.each([
    'me@example.com:tok',
    'https://host/v1/metrics',
    'console',
    'console:x',
    'librato+ftp://u:p@h/',
    '+https://h/',
  ])('leaves %j to others', (text) => {
    expect(parseDestinationUrl(text)).toBeUndefined();
  });
});

describe('resolveDestination', () => {
  const account = credentialsOf('me@example.com:tok');

  it("sends accounts to the operator's API, each with its own user and token", () => {
    const route = parseAccountRoute('https://metrics.example.com/v1/metrics')!;
    const { target, byOperator } = resolveDestination(account, route);
    if (target.kind !== 'librato') throw new Error(target.kind);
    expect([target.url.href, target.user, target.password, byOperator]).toEqual([
      'https://metrics.example.com/v1/metrics',
      'me@example.com',
      'tok',
      true,
    ]);
  });

  it("takes no user name in an operator's API, where each account has its own", () => {
    expect(parseAccountRoute('https://me:too@metrics.example.com/v1/metrics')).toBeUndefined();
  });

  it("sends accounts to the operator's destination", () => {
    const route = parseAccountRoute('console:')!;
    expect(resolveDestination(account, route)).toEqual({
      target: { kind: 'console' },
      byOperator: true,
      account: 'me@example.com',
    });
  });

  it("leaves a tenant's own destination to the tenant", () => {
    const route = parseAccountRoute('https://metrics.example.com/v1/metrics')!;
    expect(resolveDestination(credentialsOf('console:'), route)).toEqual({
      target: { kind: 'console' },
      byOperator: false,
    });
  });

  it.each(['', 'metrics.example.com', 'ftp://host/', 'librato+https://host/', 'carbon+https://u:p@host/'])(
    'takes no route of the form %j',
    (text) => {
      expect(parseAccountRoute(text)).toBeUndefined();
    },
  );
});

describe('tenantIdOf', () => {
  it('is what it always was: another id would be another tenant with nothing in it', () => {
    expect(tenantIdOf('me@example.com:tok')).toBe('034dfe282d909931f67819accd33dc0f');
  });

  it('differs with the last character and never shows the credentials', () => {
    const ids = ['me@example.com:tok', 'me@example.com:tol', 'console:', ''].map(tenantIdOf);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('SECOND_VALUE', () => {
  it('says of each kind whether a second value replaces the first', () => {
    expect(SECOND_VALUE).toEqual({ console: 'replaces', librato: 'replaces', otlp: 'adds' });
  });
});
