import { describe, expect, it } from '@jest/globals';
import { DrainOptionsReader } from './drain-options.js';
import { IngestError } from './ingest-error.js';

const read = (query: string, sender: 'other' | 'logplex' | 'log-shuttle' = 'other') =>
  new DrainOptionsReader().read(query, sender);

function refusal(query: string): string {
  try {
    read(query);
  } catch (error) {
    if (error instanceof IngestError && error.status === 400) return error.message;
    throw error;
  }
  throw new Error('was taken');
}

describe('drain options', () => {
  it('have defaults', () => {
    expect(read('')).toMatchObject({
      resolutionSeconds: 60,
      prefix: '',
      sourcePrefix: '',
      routerSource: 'none',
      fellBack: [],
    });
  });

  it('are read from the query', () => {
    expect(read('resolution=5&prefix=app.staging&source-prefix=eu%2D1&router-source=dyno')).toMatchObject({
      resolutionSeconds: 5,
      prefix: 'app.staging',
      sourcePrefix: 'eu-1',
      routerSource: 'dyno',
    });
  });

  it('that nobody knows are ignored', () => {
    expect(read('color=red&resolution=1')).toMatchObject({ resolutionSeconds: 1, fellBack: [] });
  });

  it('have one canonical form whatever their order and spelling', () => {
    expect(read('prefix=a&resolution=1').canonical).toBe(read('resolution=%31&x=1&prefix=a').canonical);
    expect(read('prefix=a').canonical).not.toBe(read('source-prefix=a').canonical);
  });

  it.each(['0', '-5', 'abc', '7', '3601', '7200', '1e1', '0x10', '', ' 60', '60.0', '٦٠'])(
    'refuse resolution=%s, naming option, value and what is allowed',
    (value) => {
      const message = refusal(`resolution=${encodeURIComponent(value)}`);
      expect(message).toContain(`resolution=${JSON.stringify(value)}`);
      expect(message).toContain('from 1 to 3600 that divides 3600');
    },
  );

  it.each([
    ['prefix=a%20b', 'prefix="a b"'],
    [`prefix=${'a'.repeat(101)}`, 'prefix="aaa'],
    ['source-prefix=%00', 'source-prefix="\\u0000"'],
    ['router-source=all', 'router-source="all", but it must be none, dyno or host'],
  ])('refuse %s', (query, part) => {
    expect(refusal(query)).toContain(part);
  });

  it('fall back to their defaults for senders that read no answer', () => {
    for (const sender of ['logplex', 'log-shuttle'] as const) {
      expect(read('resolution=0&prefix=ok&router-source=x', sender)).toMatchObject({
        resolutionSeconds: 60,
        prefix: 'ok',
        routerSource: 'none',
        fellBack: ['resolution', 'router-source'],
      });
    }
  });

  it('fall back for one sender without doing so for another', () => {
    const reader = new DrainOptionsReader();
    reader.read('resolution=0', 'logplex');
    expect(() => reader.read('resolution=0', 'other')).toThrow(IngestError);
  });
});
