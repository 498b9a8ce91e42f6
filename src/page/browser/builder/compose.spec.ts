import { describe, expect, it } from '@jest/globals';
import { parseCredentials } from '../../../model/credentials.js';
import { libratoCredentials, otlpCredentials, type OtlpFields } from './compose.js';
import { PRESETS } from './presets.js';

const FIELDS: OtlpFields = {
  endpoint: 'https://otlp.example.com/v1/metrics',
  user: '',
  password: '',
  headers: [],
  serviceName: '',
  percentiles: false,
};

const targetOf = (credentials: string): unknown => {
  const parsed = parseCredentials(credentials);
  return parsed.ok && parsed.credentials.type === 'destination' ? parsed.credentials.target : parsed;
};

describe('credentials that the builder composes', () => {
  it('are read by the receiver as they were meant, whatever is in them', () => {
    const secret = 'a b+c&d=e#f%g"@:/?';
    const fields = { ...FIELDS, headers: [['X-Key', secret] as const], serviceName: 'my & shop', percentiles: true };
    expect(targetOf(otlpCredentials(fields))).toMatchObject({
      headers: { 'x-key': secret },
      resource: { 'service.name': 'my & shop' },
      percentiles: true,
    });
    expect(targetOf(libratoCredentials('https://api.example.com/v1/metrics', 'me@example.com', secret))).toMatchObject({
      user: 'me@example.com',
      password: secret,
    });
    expect(targetOf(otlpCredentials({ ...FIELDS, user: '123', password: 'p:w@ü' }))).toMatchObject({
      headers: { authorization: 'Basic MTIzOnA6d0DDvA==' },
    });
  });

  it('leave out what is not filled in', () => {
    expect(otlpCredentials({ ...FIELDS, headers: [['', '']] })).toBe(`otlp+${FIELDS.endpoint}`);
    expect(otlpCredentials({ ...FIELDS, endpoint: `${FIELDS.endpoint}?encoding=json`, percentiles: true })).toBe(
      `otlp+${FIELDS.endpoint}?encoding=json&percentiles=1`,
    );
  });

  it.each(PRESETS)('are good for $label once its secret is filled in', ({ endpoint, headers }) => {
    const filled = headers.map(([name, value]) => [name, `${value}secret`] as const);
    expect(targetOf(otlpCredentials({ ...FIELDS, endpoint, headers: filled }))).toMatchObject({ kind: 'otlp' });
  });
});
