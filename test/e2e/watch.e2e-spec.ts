import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basic, send } from './http.js';
import { L2met, MAIN, type RunningService, startService, until } from './process.js';
import { HAS_TERMINAL } from './terminal.js';

describe('l2met watch', () => {
  let service: RunningService;
  let terminal: ChildProcess | undefined;
  beforeAll(async () => {
    service = await startService({ GRACE_MS: '100', OUTLET_TICK_MS: '20' });
  });
  afterAll(async () => {
    // With its terminal, what runs in it ends.
    terminal?.kill();
    await service.process.stop();
  });

  const drainOf = (name: string): string =>
    `${service.url.replace('://', `://${service.token(`console:${name}`).replace(/=+$/, '')}@`)}/logs?resolution=1`;
  const post = async (name: string, line: string): Promise<void> => {
    const headers = { authorization: basic(service.token(`console:${name}`)) };
    expect((await send(`${service.url}/logs?resolution=1`, { body: `${line}\n`, headers })).status).toBe(204);
  };
  const linesOf = (text: string) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, string | number>);

  it('prints each new point once into a pipe, as a line of JSON', async () => {
    const watch = L2met.run(['watch', '--every', '0.1'], { L2MET_DRAIN_URL: drainOf('pipe') });
    const values = [4, 7, 1];
    for (const [i, value] of values.entries()) {
      await post('pipe', `measure#db.latency=${value}ms count#orders=${value} source=web.1`);
      await until(
        () => linesOf(watch.stdout).length >= 2 * (i + 1),
        'the points are printed',
        () => `${watch.stdout}${watch.stderr}`,
      );
    }
    const { signal, stdout, stderr } = await watch.stop('SIGINT');
    expect([signal, stderr]).toEqual(['SIGINT', '']);
    const points = linesOf(stdout);
    expect(points.filter(({ name }) => name === 'orders').map(({ sum }) => sum)).toEqual(values);
    const { time, ...latency } = points.find(({ name }) => name === 'db.latency')!;
    expect(Math.abs(Number(time) - Date.now() / 1000)).toBeLessThan(20);
    expect(latency).toEqual({
      name: 'db.latency',
      source: 'web.1',
      unit: 'ms',
      kind: 'measure',
      resolution: 1,
      ...{ count: 1, sum: 4, min: 4, max: 4, mean: 4, median: 4, p95: 4, p99: 4 },
    });
    const once = await L2met.run(['watch', '--once', '--search', 'orders'], {}, drainOf('pipe')).end();
    expect([once.code, linesOf(once.stdout).map(({ sum }) => sum)]).toEqual([0, [1]]);
  });

  it('ends where the drain is refused, and says what it takes', async () => {
    const url = `${service.url.replace('://', '://nobody@')}/logs`;
    const refused = await L2met.run(['watch'], { L2MET_DRAIN_URL: url }).end();
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/^GET answered 401: no key of this service/),
    ]);
    const wrong = await L2met.run(['watch', drainOf('pipe')]).end();
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/^watch takes --search TEXT/)]);
    expect((await L2met.run(['watch', '--every', '0']).end()).stderr).toMatch(/^--every must be a number of seconds/);
  });

  (HAS_TERMINAL ? it : it.skip)(
    'draws a table on a terminal, in place, keeps it while the service is away, and gives the terminal back',
    async () => {
      const own = await startService({ GRACE_MS: '100', OUTLET_TICK_MS: '20' });
      const url = `${own.url.replace('://', `://${own.token('console:tty').replace(/=+$/, '')}@`)}/logs?resolution=1`;
      const command = `stty rows 12 cols 90; exec ${process.execPath} ${MAIN} watch --every 0.2`;
      const script = (terminal = spawn('script', ['-qec', command, '/dev/null'], {
        env: { PATH: process.env['PATH'], SHELL: '/bin/sh', L2MET_DRAIN_URL: url },
      }));
      let shown = '';
      script.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
      const pageWith = (pattern: RegExp) =>
        until(
          () =>
            shown
              .split('\u001b[H')
              .slice(1)
              .reverse()
              .find((page) => pattern.test(page)),
          `${String(pattern)} is drawn`,
          () => shown,
        );
      await pageWith(/last data {8}\(none within the hour\)/);
      const headers = { authorization: basic(own.token('console:tty')) };
      const body = 'measure#db.latency=42ms source=web.1 count#evil\u009b2Jname=3\n';
      expect((await send(`${own.url}/logs?resolution=1`, { body, headers })).status).toBe(204);
      const page = await pageWith(/db\.latency/);
      expect(page).toMatch(/name +source +kind +unit +latest/);
      expect(page).toMatch(/db\.latency +web\.1 +measure +ms +median 42 {2}p95 42 {2}p99 42 {2}count 1 +▅/);
      expect(page).toMatch(/evil2Jname/);
      expect(page.split('\r\n').length).toBeLessThanOrEqual(12);
      await own.process.stop();
      expect(await pageWith(/! as of \d\d:\d\d:\d\d UTC; since then \S+ does not answer: /)).toMatch(/db\.latency/);
      script.stdin.write('\u0003');
      const code = await new Promise((resolve) => script.once('close', resolve));
      expect(code).toBe(0);
      // eslint-disable-next-line no-control-regex -- this is what gives it back
      expect(shown).toMatch(/^[^]*\u001b\[\?1049h[^]*\u001b\[\?25h\u001b\[\?1049l$/);
    },
  );
});
