import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RedisServer, startStandalone, stopServers } from '../redis/servers.js';
import { type Answer, basic, send } from './http.js';
import { type RunningService, startService, until } from './process.js';

const WAIT_FOR_DEPLOY = fileURLToPath(new URL('../../docs/wait-for-deploy.sh', import.meta.url));

const SETTINGS = { GRACE_MS: '100', OUTLET_TICK_MS: '20' };
const MARKUP = '<script>alert(1)</script>';

interface SeriesAnswer {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly source: string;
  readonly unit: string;
  readonly resolution: number;
  readonly lastTime: number;
  readonly latest: Record<string, number>;
  readonly times: number[];
}

interface Body {
  readonly now: number;
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly next: number | null;
  readonly truncated?: true;
  readonly nearest?: string[];
  readonly holds?: boolean;
  readonly assertions?: Record<string, unknown>[];
  readonly series: (SeriesAnswer & Record<string, number[]>)[];
}

/** A drain of a service, and what is asked of it. */
class Asked {
  readonly authorization: string;

  constructor(
    readonly service: RunningService,
    credentials = 'console:',
  ) {
    this.authorization = basic(service.token(credentials));
  }

  get(path: string, method = 'GET'): Promise<Answer> {
    return send(`${this.service.url}${path}`, { method, headers: { authorization: this.authorization } });
  }

  async body(path: string): Promise<Body> {
    const { status, body } = await this.get(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
    return JSON.parse(body) as Body;
  }

  /** Posts lines for the window that was open so many seconds ago. @returns the start of that, s since the epoch */
  async post(lines: readonly string[], secondsAgo = 3): Promise<number> {
    const start = Math.floor(Date.now() / 1000) - secondsAgo;
    const body = lines.map((line) => `<190>1 ${new Date(start * 1000).toISOString()} host app web.1 - ${line}\n`);
    const answer = await send(`${this.service.url}/logs?resolution=1`, {
      body: body.join(''),
      headers: { authorization: this.authorization },
    });
    expect(answer.status).toBe(204);
    return start;
  }

  /** Waits until a window is there. */
  untilThere(name: string, start: number): Promise<Body> {
    return until(
      async () => {
        const answer = await this.body(`/query?name=${name}`);
        return answer.series[0]?.times.includes(start) && answer;
      },
      `${name} is delivered`,
      () => this.service.process.stderr,
    );
  }
}

/** How a program ends, and what it prints. */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv, input = '') {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(command, args, { env: { PATH: process.env['PATH'], ...env } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin!.end(input);
  });
}

const VALUES = [12, 3, 99, 250, 7, 41];
const LINES = [
  ...VALUES.map((value) => `source=web.1 measure#db.latency=${value}ms`),
  'count#orders=2 sample#queue.depth=17 source=worker.1',
  'count#orders=3 source=worker.1 unique#users=ann',
  'unique#users=bob source=worker.1',
  'measure#db.latency=5ms',
];

/** What every store has to give. */
async function givesWhatWasSent(asked: Asked): Promise<void> {
  const start = await asked.post(LINES);
  const { series, now, from, to, total } = await asked.untilThere('db.latency', start);
  expect(total).toBe(2);
  expect(Math.abs(now - Date.now() / 1000)).toBeLessThan(10);
  expect([from <= start, to]).toEqual([true, now]);
  const [bare, sourced] = series;
  expect(bare).toMatchObject({ source: '', unit: 'ms', resolution: 1, times: [start], count: [1], median: [5] });
  const sum = VALUES.reduce((a, b) => a + b, 0);
  const { id, ...rest } = sourced!;
  expect(id).toMatch(/^[\w-]{11}$/);
  expect(rest).toEqual({
    kind: 'measure',
    name: 'db.latency',
    source: 'web.1',
    unit: 'ms',
    resolution: 1,
    times: [start],
    count: [6],
    sum: [sum],
    min: [3],
    max: [250],
    mean: [sum / 6],
    median: [41],
    p95: [250],
    p99: [250],
  });
  // The table of the console destination says the same.
  const row = asked.service.process.stdout.split('\n').find((line) => /^db\.latency\s+web\.1/.test(line))!;
  expect(row.trim().split(/\s+/)).toEqual(
    ['db.latency', 'web.1', 'measure', 'ms', 6, sum, 3, 250, 41, 250, 250].map(String),
  );
  const all = await asked.body('/series');
  expect(all.series.map(({ name, source, kind, latest }) => [name, source, kind, latest])).toEqual([
    ['db.latency', '', 'measure', { count: 1, sum: 5, min: 5, max: 5, mean: 5, median: 5, p95: 5, p99: 5 }],
    [
      'db.latency',
      'web.1',
      'measure',
      { count: 6, sum, min: 3, max: 250, mean: sum / 6, median: 41, p95: 250, p99: 250 },
    ],
    ['orders', 'worker.1', 'count', { sum: 5 }],
    ['queue.depth', 'worker.1', 'sample', { last: 17 }],
    ['users', 'worker.1', 'unique', { unique: 2 }],
  ]);
  expect(all).toMatchObject({ total: 5, next: null });
  expect((await asked.body(`/query?id=${id}`)).series.map(({ source }) => source)).toEqual(['web.1']);

  // A line that is late: its window is delivered once more, and takes the place of the first.
  await asked.post(['source=web.1 measure#db.latency=1000ms'], Math.floor(Date.now() / 1000) - start);
  await until(
    async () => (await asked.body('/query?name=db.latency&source=web.1')).series[0]?.['count']?.[0] === 7,
    'the late line is in it',
  );
}

describe('queries', () => {
  let service: RunningService;
  let asked: Asked;
  let start: number;

  beforeAll(async () => {
    service = await startService(SETTINGS);
    asked = new Asked(service, 'console:shared');
    start = await asked.post([...LINES, `count#${MARKUP}=1`]);
    await asked.untilThere('db.latency', start);
  });
  afterAll(() => service.process.stop());

  it('give what was sent, as the destination got it', () => givesWhatWasSent(new Asked(service)));

  it('answer one tenant nothing of another', async () => {
    expect((await new Asked(service, 'console:other').body('/series')).series).toEqual([]);
  });

  it('give markup in names as text of JSON, and nothing else', async () => {
    const answer = await asked.get(`/query?name=${encodeURIComponent(MARKUP)}`);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect((JSON.parse(answer.body) as Body).series[0]?.name).toBe(MARKUP);
  });

  it.each([
    ['search=LATENCY', ['', 'web.1']],
    ['search=latency+web', ['web.1']],
    ['name=*latency&source=', ['']],
    ['name=db.*&source=web.*', ['web.1']],
    ['kind=count,sample&source=worker.*', ['worker.1', 'worker.1']],
    ['limit=1&offset=1&name=db.latency', ['web.1']],
    ['kind=count&name=db.latency', []],
  ])('find series by %s', async (query, sources) => {
    expect((await asked.body(`/series?${query}`)).series.map(({ source }) => source)).toEqual(sources);
  });

  it('go through series page by page', async () => {
    const first = await asked.body('/series?limit=4');
    expect(first).toMatchObject({ total: 6, next: 4 });
    expect(await asked.body('/series?limit=4&offset=4')).toMatchObject({ total: 6, next: null });
  });

  it('give the statistics and the time that are asked for', async () => {
    const { series } = await asked.body('/query?name=db.latency&source=web.1&stat=p50,perc95&stat=mean&from=-1h');
    expect(Object.keys(series[0]!)).toEqual([
      ...['id', 'kind', 'name', 'source', 'unit', 'resolution', 'times'],
      ...['mean', 'median', 'p95'],
    ]);
    const iso = new Date((start + 1) * 1000).toISOString().replace('.000Z', '+00:00');
    expect((await asked.body(`/query?name=db.latency&from=${iso}`)).series).toEqual([]);
    expect((await asked.body(`/query?name=db.latency&from=${start}&to=${start + 1}`)).series).toHaveLength(2);
  });

  it('name the nearest where nothing has a name', async () => {
    expect(await asked.body('/query?name=db.latencies')).toMatchObject({ series: [], nearest: ['db.latency'] });
    expect(await asked.body('/query?name=orders&source=nowhere')).toMatchObject({ series: [] });
  });

  it.each([
    ['/query?stat=p95', /at least one of name=, id= and search= is needed/],
    ['/query?name=a&stat=p90', /stat="p90", but it must be one of count, sum/],
    ['/query?name=a&from=yesterday', /from="yesterday", but it must be seconds since the epoch, a time as 20/],
    ['/query?name=a&from=-1m&to=-2m', /from=".*", but it must be before to/],
    ['/query?name=a&asert=p95<1', /asert="p95<1" \(no parameter of this address\).* one of id, name, source/],
    ['/query?name=a&assert=p95<<1', /assert="p95<<1" \(at character 5 a number is expected\)/],
    ['/query?name=a&from=1&from=2', /from="2" \(given before\), but it must be given once/],
    ['/series?kind=gauge', /kind="gauge", but it must be count, measure, sample, unique/],
    ['/series?limit=1001', /limit="1001", but it must be a whole number from 1 to 1000/],
  ])('400 for %s, saying what is wrong', async (path, message) => {
    const answer = await asked.get(path);
    expect(answer.status).toBe(400);
    const { code, message: said } = JSON.parse(answer.body) as { code: string; message: string };
    expect(code).toMatch(/^L2MET_QUERY_/);
    expect(said).toMatch(message);
  });

  it('take no other method, and nobody without credentials', async () => {
    for (const path of ['/series', '/query?name=a']) {
      for (const method of ['POST', 'PUT', 'DELETE', 'PROPFIND']) {
        const answer = await asked.get(path, method);
        expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD']);
      }
      expect((await asked.get(path, 'HEAD')).status).toBe(200);
      const refused = await send(`${service.url}${path}`, { method: 'GET' });
      expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, expect.stringContaining('Basic')]);
    }
  });

  describe('with assertions', () => {
    it.each([
      ['p95%3C251', 200],
      ['p95<251', 200],
      ['p95+<+251,count>=6', 200],
      ['count=6&assert=sum%3E=400', 200],
      ['p95<250', 417],
      ['count>=6,max<100', 417],
    ])('answer assert=%s', async (assert, status) => {
      const answer = await asked.get(`/query?name=db.latency&source=web.1&assert=${assert}`);
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.body)).toMatchObject({ holds: status === 200 });
    });

    it('say what was found, and where', async () => {
      const { body } = await asked.get('/query?name=db.latency&assert=p95<250,count>=7,unique<3');
      expect(JSON.parse(body)).toMatchObject({
        holds: false,
        assertions: [
          { assert: 'p95<250', holds: false, found: 250, at: start, name: 'db.latency', source: 'web.1' },
          { assert: 'count>=7', holds: true, found: 7 },
          { assert: 'unique<3', holds: false, found: null, why: expect.stringContaining('has unique') as unknown },
        ],
      });
    });

    it('do not hold where nothing was found', async () => {
      const answer = await asked.get('/query?name=nothing&assert=p95<250,points>=1');
      expect(answer.status).toBe(417);
      expect(JSON.parse(answer.body)).toMatchObject({ assertions: [{ found: null }, { found: 0, holds: false }] });
    });
  });

  it('are 404 where nothing is kept', async () => {
    const off = await startService({ ...SETTINGS, RECENT_BYTES: '0' });
    const answer = await new Asked(off).get('/series');
    expect([answer.status, answer.body]).toEqual([404, expect.stringContaining('L2MET_QUERY_OFF')]);
    await off.process.stop();
  });

  it('are 503 while Redis is away, and the same as ever once it is back', async () => {
    const redis: RedisServer = await startStandalone({ aof: 'always' });
    const env = { ...SETTINGS, REDIS_URL: redis.url };
    const both = await startService(env);
    const here = new Asked(both);
    await givesWhatWasSent(here);
    await redis.kill();
    const away = await here.get('/query?name=db.latency');
    expect([away.status, away.headers['retry-after'], away.body]).toEqual([
      503,
      '1',
      expect.stringContaining('L2MET_QUERY_STORE'),
    ]);
    await redis.restart();
    await until(async () => (await here.get('/query?name=db.latency')).status === 200, 'Redis is back');
    await both.process.stop();
    await stopServers();
  }, 60_000);

  describe('and curl', () => {
    const NOBODY = 'bm9ib2R5';
    const drainUrl = (token = service.token('console:shared').replace(/=+$/, '')) =>
      `${service.url.replace('://', `://${token}@`)}/logs?resolution=1`;
    const wait = (selection: string, assertions: string, seconds: number, url = drainUrl()) =>
      run('sh', [WAIT_FOR_DEPLOY, selection, assertions, String(seconds)], {
        L2MET_DRAIN_URL: url,
        FROM: String(start),
      });

    it('end curl -f with 0 where what is asserted holds, else with 22', async () => {
      const config = `user = "${service.token('console:shared')}:"\n`;
      const ask = (assert: string) =>
        run('curl', ['-fsS', '--config', '-', `${service.url}/query?name=db.latency&assert=${assert}`], {}, config);
      expect((await ask('p95<=250')).code).toBe(0);
      expect((await ask('p95<250')).code).toBe(22);
    });

    it('wait for a deploy', async () => {
      const waiting = wait('name=deployed&source=web.*', 'p95<250,count>=2', 20);
      const posted = await asked.post(['measure#deployed=1ms source=web.1', 'measure#deployed=9ms source=web.2'], 0);
      const { code, stdout, stderr } = await waiting;
      expect([code, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({
        holds: true,
        assertions: [{ assert: 'p95<250', found: 9, at: posted, source: 'web.2' }, { found: 2 }],
      });
    });

    it('wait for windows from now on, by the clock of the service', async () => {
      const env = { L2MET_DRAIN_URL: drainUrl() };
      let isOver = false;
      const waiting = run('sh', [WAIT_FOR_DEPLOY, 'name=from.now', 'points>=2', '25'], env).finally(
        () => (isOver = true),
      );
      await until(async () => {
        if (!isOver) await asked.post(['count#from.now'], 0);
        return isOver;
      }, 'it ends');
      expect((await waiting).code).toBe(0);
    });

    it('end with 22 once their patience is over', async () => {
      const { code, stdout, stderr } = await wait('name=db.latency', 'p95<250', 0);
      expect([code, stdout]).toEqual([22, '']);
      expect(stderr).toMatch(/^does not hold: \{.*"found":250,.*\}\n$/);
    });

    it.each([
      [
        'a mistake in the assertion',
        'p95<<250',
        undefined,
        /^l2met answers 400: .*at character 5 a number is expected/,
      ],
      ['credentials that are none', 'p95<250', NOBODY, /^l2met answers 401: .*no key of this service/],
    ])('end at once for %s, without a word of the token', async (_what, assertions, token, message) => {
      const { code, stderr } = await wait('name=db.latency', assertions, 60, drainUrl(token));
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
      expect(stderr).not.toContain(token ?? service.token('console:shared').slice(0, 20));
    });
  });
});
