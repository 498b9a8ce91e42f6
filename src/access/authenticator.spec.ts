import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DrainTokens } from '../crypto/drain-token.js';
import { generateKey, KeyRing } from '../crypto/key-ring.js';
import { ManualClock } from '../model/clock.js';
import { parseAccountRoute } from '../model/credentials.js';
import { tenantIdOf } from '../model/tenant-id.js';
import { Authenticator } from './authenticator.js';
import { HttpError } from './http-error.js';
import type { AccessOptions } from './access.options.js';

const ADDRESS = '203.0.113.1';
const REVOKED = 'revoked@example.com:token';
const FAILURES_PER_MINUTE = 3;

const basic = (user: string, password = ''): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

describe('telling who sends', () => {
  let tokens: DrainTokens;
  let decrypt: jest.SpiedFunction<DrainTokens['open']>;
  let clock: ManualClock;
  let authenticator: Authenticator;

  beforeEach(() => {
    tokens = new DrainTokens(KeyRing.parse(generateKey()));
    decrypt = jest.spyOn(tokens, 'open');
    clock = new ManualClock(0);
    const options = {
      authFailuresPerMinute: FAILURES_PER_MINUTE,
      revokedTenants: [tenantIdOf(REVOKED)],
      accounts: parseAccountRoute('console:')!,
    } as unknown as AccessOptions;
    authenticator = new Authenticator(tokens, options, clock);
  });

  /** The error of a header, or undefined if it is good. */
  function errorOf(header: string | undefined, address = ADDRESS): HttpError | undefined {
    try {
      authenticator.authenticate(header, address);
      return undefined;
    } catch (error) {
      if (error instanceof HttpError) return error;
      throw error;
    }
  }

  const codeOf = (header: string | undefined, address?: string): string | undefined => errorOf(header, address)?.code;

  it('gives tenant, token and destination of a good token', () => {
    const token = tokens.issue('me@example.com:abc');
    expect(authenticator.authenticate(basic(token), ADDRESS)).toEqual({
      tenant: tenantIdOf('me@example.com:abc'),
      token,
      destination: { target: { kind: 'console' }, byOperator: true, account: 'me@example.com' },
      secondValue: 'replaces',
    });
  });

  it('decrypts once for a header that comes again and again', () => {
    const header = basic(tokens.issue('console:'));
    const first = authenticator.authenticate(header, ADDRESS);
    for (let i = 0; i < 100; i++) expect(authenticator.authenticate(header, ADDRESS)).toBe(first);
    expect(decrypt).toHaveBeenCalledTimes(1);
  });

  it('decrypts once for a token that comes in many headers', () => {
    const token = tokens.issue('console:');
    const headers = [basic(token), basic('', token), `Bearer ${token}`, basic(token, 'whatever')];
    const drains = headers.map((header) => authenticator.authenticate(header, ADDRESS));
    expect(new Set(drains).size).toBe(1);
    expect(decrypt).toHaveBeenCalledTimes(1);
  });

  it('takes the password where the user name is no token', () => {
    const token = tokens.issue('console:');
    expect(authenticator.authenticate(basic('l2met', token), ADDRESS).token).toBe(token);
  });

  it.each([
    ['a token that no key reads', () => basic(new DrainTokens(KeyRing.parse(generateKey())).issue('console:')), 1],
    ['two words', () => basic('user', 'password'), 2],
    ['a revoked tenant', () => basic(tokens.issue(REVOKED)), 1],
    ['a token with nonsense in it', () => basic(tokens.issue('nonsense')), 1],
    [
      'a token with nonsense in it in a header too long to be kept whole',
      () => basic(tokens.issue('x'.repeat(1500))),
      1,
    ],
  ])('spends no decryption on the repeat of a header that failed: %s', (_what, headerOf, decryptions) => {
    const header = headerOf();
    expect(errorOf(header)?.status).toBe(401);
    expect(decrypt).toHaveBeenCalledTimes(decryptions);
    for (let i = 0; i < 50; i++) expect([401, 429]).toContain(errorOf(header)?.status);
    expect(decrypt).toHaveBeenCalledTimes(decryptions);
  });

  it('does not let a good header through for having been seen beside a bad one', () => {
    const good = basic(tokens.issue('console:'));
    expect(codeOf(good)).toBeUndefined();
    expect(codeOf(good.slice(0, -8))).toBe('L2MET_INGEST_CREDENTIALS_UNKNOWN');
  });

  it.each([
    ['no header', undefined, 'L2MET_INGEST_CREDENTIALS_MISSING'],
    ['an empty one', '', 'L2MET_INGEST_CREDENTIALS_MISSING'],
    ['one that cannot be read', 'Basic ä', 'L2MET_INGEST_CREDENTIALS_MALFORMED'],
    ['a guess', basic('guess'), 'L2MET_INGEST_CREDENTIALS_UNKNOWN'],
  ])('answers 401 naming the scheme to %s', (_what, header, code) => {
    expect(errorOf(header)).toMatchObject({
      status: 401,
      code,
      headers: { 'www-authenticate': expect.stringMatching(/^Basic realm=/) as unknown },
    });
  });

  describe('an address that guesses', () => {
    it('gets 429 past its allowance, until the minute is over', () => {
      const guesses = Array.from({ length: FAILURES_PER_MINUTE }, (_, i) => errorOf(basic(`guess${i}`))?.status);
      expect(guesses).toEqual([401, 401, 401]);
      clock.advance(20_000);
      expect(errorOf(basic('one more'))).toMatchObject({
        status: 429,
        code: 'L2MET_INGEST_CREDENTIALS_GUESSING',
        headers: { 'retry-after': '40' },
      });
      clock.advance(40_000);
      expect(errorOf(basic('one more'))?.status).toBe(401);
    });

    it('gets it for repeats of one guess and for headers that cannot be read, too', () => {
      const statuses = [basic('guess'), basic('guess'), 'Basic ä', basic('guess')].map(
        (header) => errorOf(header)?.status,
      );
      expect(statuses).toEqual([401, 401, 401, 429]);
    });

    it('limits no other address', () => {
      for (let i = 0; i <= FAILURES_PER_MINUTE; i++) errorOf(basic(`guess${i}`));
      expect(errorOf(basic('guess'))?.status).toBe(429);
      expect(errorOf(basic('guess'), '203.0.113.2')?.status).toBe(401);
    });

    it('is still let in with a token that decrypts, seen before or not', () => {
      const seen = basic(tokens.issue('console:'));
      expect(codeOf(seen)).toBeUndefined();
      for (let i = 0; i <= FAILURES_PER_MINUTE; i++) errorOf(basic(`guess${i}`));
      expect([codeOf(seen), codeOf(basic(tokens.issue('new@example.com:t')))]).toEqual([undefined, undefined]);
    });
  });

  it.each([
    ['the revoked', () => basic(tokens.issue(REVOKED)), 'L2MET_INGEST_CREDENTIALS_REVOKED'],
    ['who has a token with nonsense in it', () => basic(tokens.issue('nonsense')), 'L2MET_INGEST_CREDENTIALS_CONTENT'],
    ['who sends no credentials', () => undefined, 'L2MET_INGEST_CREDENTIALS_MISSING'],
  ])('never limits %s, and counts none of it as a guess', (_who, headerOf, code) => {
    for (let i = 0; i < FAILURES_PER_MINUTE * 4; i++) expect(codeOf(headerOf())).toBe(code);
    expect(errorOf(basic('guess'))?.status).toBe(401);
  });

  it('shows nothing of a token in the error about its content', () => {
    expect(errorOf(basic(tokens.issue('hunter2')))?.message).not.toContain('hunter2');
  });
});
