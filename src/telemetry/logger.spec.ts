import { describe, expect, it } from '@jest/globals';
import { createLogger, LOG_LEVELS, type LogLevel, NestLogger } from './logger.js';

/** A logger and what it has written. */
function capture(level: LogLevel = 'trace') {
  const written: string[] = [];
  const logger = createLogger(level, false, { write: (text: string) => void written.push(text) });
  const events = () => written.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, written, events };
}

describe('the logger', () => {
  it('writes one line of JSON an event, with level, time and text', () => {
    const { logger, written, events } = capture();
    logger.info({ event: 'listening', port: 8080 }, 'listening\non two lines');
    logger.warn({ event: 'setting' }, 'a notice');
    expect(written).toHaveLength(2);
    expect(written.every((line) => /^\{[^\n]*\}\n$/.test(line))).toBe(true);
    expect(events()[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
      event: 'listening',
      port: 8080,
      msg: 'listening\non two lines',
    });
    expect(events()[1]).toMatchObject({ level: 'warn', event: 'setting' });
  });

  it.each(LOG_LEVELS.filter((level) => level !== 'silent'))('writes at level %s what is as grave or graver', (level) => {
    const { logger, events } = capture(level);
    const names = LOG_LEVELS.filter((name) => name !== 'silent');
    for (const name of names) logger[name]({ event: 'e' }, 'text');
    expect(events().map((event) => event['level'])).toEqual(names.slice(names.indexOf(level)));
  });

  it('writes nothing at level silent', () => {
    const { logger, written } = capture('silent');
    logger.fatal({ event: 'e' }, 'text');
    expect(written).toEqual([]);
  });

  it('writes an error with its message and where it came from', () => {
    const { logger, events } = capture();
    logger.error({ event: 'request-failed', err: new TypeError('boom') }, 'a request failed');
    expect(events()[0]).toMatchObject({ err: { type: 'TypeError', message: 'boom', stack: expect.any(String) as unknown } });
  });

  describe('never writes the value of', () => {
    const fields = ['token', 'password', 'secret', 'secrets', 'authorization', 'credentials'];
    const depths: [string, (entry: object) => object][] = [
      ['at the top', (entry) => entry],
      ['one level down', (entry) => ({ drain: entry })],
      ['two levels down', (entry) => ({ request: { headers: entry } })],
      ['in a list', (entry) => ({ drains: [entry] })],
    ];
    it.each(fields.flatMap((field) => depths.map(([where, wrap]) => ({ field, where, wrap }))))(
      '$field $where',
      ({ field, wrap }) => {
        const { logger, written } = capture();
        logger.info({ event: 'e', ...wrap({ [field]: 'hunter2', beside: 'visible' }) }, 'text');
        expect(written.join('')).not.toContain('hunter2');
        expect(written.join('')).toContain(`"${field}":"[secret]"`);
        expect(written.join('')).toContain('visible');
      },
    );

    it('a secret that is an object', () => {
      const { logger, written } = capture();
      logger.info({ event: 'e', credentials: { user: 'me', key: 'hunter2' } }, 'text');
      expect(written.join('')).not.toContain('hunter2');
    });
  });
});

describe('what Nest says', () => {
  it.each([
    ['log', 'debug'],
    ['warn', 'warn'],
    ['error', 'error'],
    ['debug', 'debug'],
    ['verbose', 'trace'],
  ] as const)('by %s is written at level %s, with its context', (method, level) => {
    const { logger, events } = capture();
    new NestLogger(logger)[method]('text', 'RoutesResolver');
    expect(events()).toEqual([
      { level, time: expect.any(String) as unknown, event: 'nest', context: ['RoutesResolver'], msg: 'text' },
    ]);
  });

  it('at start is not seen at the usual level', () => {
    const { logger, written } = capture('info');
    new NestLogger(logger).log('Nest application successfully started', 'NestApplication');
    expect(written).toEqual([]);
  });

  it('of an error object is its message', () => {
    const { logger, events } = capture();
    new NestLogger(logger).error(new Error('boom'), 'ExceptionsHandler');
    expect(events()[0]).toMatchObject({ level: 'error', msg: 'boom', context: ['ExceptionsHandler'] });
  });
});
