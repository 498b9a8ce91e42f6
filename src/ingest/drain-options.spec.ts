import { describe, expect, it } from '@jest/globals';
import { DrainOptionsReader } from './drain-options.js';
import { HttpError } from '../access/http-error.js';

const read = (query: string, lenient = false) => new DrainOptionsReader().read(query, lenient);

function refusal(query: string): string {
  try {
    read(query);
  } catch (error) {
    if (error instanceof HttpError && error.status === 400) return error.message;
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
    ['prefix=a%0Ab', 'prefix="a\\nb"'],
    [`prefix=${'a'.repeat(101)}`, 'prefix="aaa'],
    ['source-prefix=%00', 'source-prefix="\\u0000"'],
    ['router-source=all', 'router-source="all", but it must be none, dyno or host'],
  ])('refuse %s', (query, part) => {
    expect(refusal(query)).toContain(part);
  });

  it('may have prefixes in any script', () => {
    expect(read('prefix=caf%C3%A9&source-prefix=eu%20west')).toMatchObject({ prefix: 'café', sourcePrefix: 'eu west' });
  });

  it('fall back to their defaults where nobody would read the refusal, and say so', () => {
    expect(read('resolution=0&prefix=ok&router-source=x', true)).toMatchObject({
      resolutionSeconds: 60,
      prefix: 'ok',
      routerSource: 'none',
      fellBack: [
        expect.stringMatching(/^resolution="0", but it must be .* divides 3600 .*; the default "60" holds$/),
        'router-source="x", but it must be none, dyno or host; the default "none" holds',
      ],
    });
  });

  it('fall back for one sender without doing so for another', () => {
    const reader = new DrainOptionsReader();
    reader.read('resolution=0', true);
    expect(() => reader.read('resolution=0', false)).toThrow(HttpError);
  });
});
