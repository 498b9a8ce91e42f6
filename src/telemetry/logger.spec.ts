import { describe, expect, it } from '@jest/globals';
import { createLogger, NestLogger } from './logger.js';

function logged(
  level: 'debug' | 'info',
  write: (log: ReturnType<typeof createLogger>) => void,
): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger(level, false, { write: (line: string) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the logger', () => {
  it('writes one JSON line an event, with level, time and event', () => {
    const [line, ...rest] = logged('info', (log) => log.info({ event: 'listening', port: 80 }, 'text'));
    expect(rest).toEqual([]);
    expect(line).toMatchObject({ level: 'info', event: 'listening', port: 80, msg: 'text' });
    expect(Date.parse(String(line!['time']))).not.toBeNaN();
  });

  it.each(['token', 'password', 'secret', 'secrets', 'authorization', 'credentials'])(
    'keeps back the value of %s, up to two levels down',
    (field) => {
      const lines = logged('info', (log) => {
        log.info({ [field]: 'hunter2' });
        log.info({ request: { [field]: 'hunter2' } });
        log.info({ request: { headers: { [field]: 'hunter2' } } });
      });
      expect(lines).toHaveLength(3);
      expect(JSON.stringify(lines)).not.toContain('hunter2');
      expect(JSON.stringify(lines).match(/\[secret\]/g)).toHaveLength(3);
    },
  );

  it('leaves out what is below its level', () => {
    const lines = logged('info', (log) => {
      log.debug('not this');
      log.warn('this');
    });
    expect(lines.map(({ msg }) => msg)).toEqual(['this']);
  });

  it('takes Nest’s messages: start-up chatter as debug, errors as errors', () => {
    const lines = logged('debug', (log) => {
      const nest = new NestLogger(log);
      nest.log('Mapped {/health, GET} route', 'RouterExplorer');
      nest.error(new Error('broken'), 'Injector');
    });
    expect(lines).toMatchObject([
      { level: 'debug', event: 'nest', msg: 'Mapped {/health, GET} route', context: ['RouterExplorer'] },
      { level: 'error', event: 'nest', msg: 'broken' },
    ]);
  });
});
