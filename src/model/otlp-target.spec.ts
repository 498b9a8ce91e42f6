import { describe, expect, it } from '@jest/globals';
import { parseCredentials } from './credentials.js';
import type { OtlpTarget } from './otlp-target.js';

function targetOf(text: string): OtlpTarget {
  const parsed = parseCredentials(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  if (parsed.credentials.type !== 'destination' || parsed.credentials.target.kind !== 'otlp')
    throw new Error('no otlp');
  return parsed.credentials.target;
}

function problemOf(text: string): string {
  const parsed = parseCredentials(text);
  return parsed.ok ? 'none' : parsed.problem;
}

describe('an otlp destination', () => {
  it('has defaults for all but its host', () => {
    const { url, ...rest } = targetOf('otlp+https://collector.example.com');
    expect(url.href).toBe('https://collector.example.com/v1/metrics');
    expect(rest).toEqual({
      kind: 'otlp',
      headers: {},
      resource: { 'service.name': 'l2met' },
      encoding: 'protobuf',
      compression: 'gzip',
      percentiles: false,
      requestBytes: 512 * 1024,
      accountAttribute: '',
    });
  });

  it('takes every option, and posts to a URL without them', () => {
    const { url, ...rest } = targetOf(
      'OTLP+http://127.0.0.1:4318/api/v1/otlp/v1/metrics?header.Authorization=Bearer%20a+b%2F%3D&header.X-Scope-OrgID=7' +
        '&resource.deployment.environment=prod%20eu&resource.service.name=shop&encoding=json&compression=none&percentiles=1' +
        '&request-bytes=512000&account-attribute=enduser.id',
    );
    expect(url.href).toBe('http://127.0.0.1:4318/api/v1/otlp/v1/metrics');
    expect(rest).toEqual({
      kind: 'otlp',
      headers: { authorization: 'Bearer a+b/=', 'x-scope-orgid': '7' },
      resource: { 'service.name': 'shop', 'deployment.environment': 'prod eu' },
      encoding: 'json',
      compression: 'none',
      percentiles: true,
      requestBytes: 512_000,
      accountAttribute: 'enduser.id',
    });
  });

  it('takes a user name and password as Basic credentials', () => {
    const { url, headers } = targetOf('otlp+https://12345:glc%5Fto%3Aken@otlp.example.com/otlp/v1/metrics');
    expect(url.href).toBe('https://otlp.example.com/otlp/v1/metrics');
    expect(headers).toEqual({ authorization: `Basic ${Buffer.from('12345:glc_to:ken').toString('base64')}` });
  });

  it.each([
    ['host', 'header.Host=elsewhere', "header.host is not to be set: it is l2met's own"],
    ['framing', 'header.Transfer-Encoding=chunked', 'header.transfer-encoding is not to be set'],
    ['length', 'header.content-length=1', 'header.content-length is not to be set'],
    ['the form of the body', 'header.Content-Encoding=br', 'header.content-encoding is not to be set'],
    ['no name', 'header.=x', 'what follows a header. is no name of a header'],
    ['a name that is none', 'header.X%20Y=x', 'is no name of a header'],
    ['a line break', 'header.X=a%0d%0aHost:%20b', 'the value of a header is empty or not printable ASCII'],
    ['an empty value', 'header.X=', 'the value of a header is empty'],
    ['no attribute', 'resource.=x', 'what stands for the name of an attribute is none'],
    ['an encoding that is none', 'encoding=xml', 'encoding must be protobuf or json'],
    ['a compression that is none', 'compression=br', 'compression must be gzip or none'],
    ['percentiles', 'percentiles=yes', 'percentiles must be 0 or 1'],
    ['a size', 'request-bytes=1', 'request-bytes must be a whole number from 16384 to 4194304'],
    ['an option that is none', 'header-X=y', 'one of its options is not known: there are header.NAME'],
    ['an option of the drain', 'resolution=60', 'one of its options is not known'],
    ['no value', 'percentiles', 'one of its options has no value'],
    ['the rest of a secret', 'header.X-Key=hunter2&hunter2rest=', 'one of its options is not known'],
    ['bad percent-encoding', 'header.X=%zz', 'its query is not percent-encoded as a URL asks for'],
  ])('refuses %s', (_what, query, problem) => {
    const found = problemOf(`otlp+https://host/v1/metrics?header.Authorization=hunter2secret&${query}`);
    expect(found).toContain(problem);
    expect(found).not.toContain('hunter2');
  });

  it('refuses two ways to say who it is, and says nothing secret', () => {
    const problem = problemOf('otlp+https://me:hunter2secret@host/?header.Authorization=hunter2secret');
    expect(problem).toBe('otlp destination: it has both a user name and header.Authorization');
  });

  it('is no kind that an object happens to know', () => {
    expect(problemOf('constructor+https://host/')).toContain('destinations of the kind constructor are not known');
  });
});
