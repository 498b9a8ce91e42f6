import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { basic, send } from './http.js';
import { L2met, until } from './process.js';

const log = readFileSync(new URL('../../src/cli/demo/busy-minute.txt', import.meta.url), 'utf8').split('\n');

/** The values of one metric and source in a window of the bundled log, read with the eyes of a person. */
function inLog(name: string, source: string, from: number): number[] {
  return log
    .filter((line) => line.startsWith('<') && line.includes(`source=${source} `))
    .filter((line) => {
      const second = Number(/T10:15:(\d\d)/.exec(line)![1]);
      return second >= from && second < from + 5;
    })
    .flatMap((line) => [...line.matchAll(new RegExp(`${name}=([0-9.]+)`, 'g'))].map((match) => Number(match[1])));
}

describe('the demo', () => {
  it('prints windows whose numbers are those of the bundled log, and ends with --once', async () => {
    const { code, stdout, stderr } = await L2met.run(['demo', '--once']).end();
    expect([code, stderr]).toEqual([0, '']);
    const windows = stdout.split(/\nPOST \/logs: /).slice(1);
    expect(windows).toHaveLength(12);
    for (const [index, window] of windows.entries()) {
      expect(window).toMatch(new RegExp(`of 10:15:${String(index * 5).padStart(2, '0')} to `));
      for (const source of ['web.1', 'web.2']) {
        const values = inLog('measure#db.latency', source, index * 5);
        const row = new RegExp(`^db\\.latency +${source.replace('.', '\\.')} +measure +ms +(.*)$`, 'm').exec(
          window,
        )?.[1];
        expect(row === undefined).toBe(values.length === 0);
        if (row === undefined) continue;
        const [count, sum, min, max] = row.split(/ +/).map(Number);
        expect([count, min, max]).toEqual([values.length, Math.min(...values), Math.max(...values)]);
        expect(sum).toBeCloseTo(
          values.reduce((a, b) => a + b, 0),
          9,
        );
      }
    }
    expect(windows[10]).toMatch(/1 frame not read \(truncated\)/);
    expect(windows[6]).toMatch(/router\.service +measure +ms .* 30001/);
  });

  it('then gives a drain URL and a curl line, and goes on serving until Ctrl-C', async () => {
    const l2met = L2met.run(['demo']);
    const curl = await until(
      () => /^ {2}curl --data-binary '(.+)' '(http\S+)'$/m.exec(l2met.stdout) ?? undefined,
      'it is to be tried',
    );
    const url = new URL(curl[2]!);
    const headers = { authorization: basic(url.username), accept: 'application/json' };
    url.username = '';
    const answer = await send(url.href, { body: curl[1]!, headers });
    expect(JSON.parse(answer.body)).toMatchObject({ messages: 1, measurements: 3 });
    expect((await l2met.stop('SIGINT')).code).toBe(0);
  });
});
