import { describe, expect, it } from '@jest/globals';
import { secretsInAuthorization } from './authorization.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the Authorization header', () => {
  it.each([
    ['a Basic user name without a password', `Basic ${base64('token:')}`, ['token']],
    ['a Basic user name without a colon', `Basic ${base64('token')}`, ['token']],
    ['a Basic password', `Basic ${base64(':token')}`, ['token']],
    ['both parts, the user name first', `Basic ${base64('a:b')}`, ['a', 'b']],
    ['a password with colons in it', `Basic ${base64('a:b:c')}`, ['a', 'b:c']],
    ['a scheme in lower case', `basic ${base64('token:')}`, ['token']],
    ['a scheme in upper case', `BASIC ${base64('token:')}`, ['token']],
    ['base64 without padding', `Basic ${base64('token:').replace(/=+$/, '')}`, ['token']],
    ['URL-safe base64', `Basic ${Buffer.from('??>>:').toString('base64url')}`, ['??>>']],
    ['a Bearer token', 'Bearer gAAAA_-=', ['gAAAA_-=']],
    ['a bearer token in lower case and with more space', 'bearer   gAAAA', ['gAAAA']],
  ])('gives %s', (_what, header, secrets) => {
    expect(secretsInAuthorization(header)).toEqual(secrets);
  });

  it.each([
    ['nothing', ''],
    ['a scheme alone', 'Basic'],
    ['a scheme and blanks', 'Basic   '],
    ['another scheme', 'Digest abc'],
    ['text that is not base64', 'Basic ä'],
    ['base64 with rubbish in it', 'Basic dG9r*W4='],
    ['an empty user name and password', `Basic ${base64(':')}`],
    ['a blank first', ' Basic dG9rZW4='],
  ])('is refused as malformed with %s', (_what, header) => {
    expect(secretsInAuthorization(header)).toBeUndefined();
  });
});
