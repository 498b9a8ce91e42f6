import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { shortNumber } from '../../src/page/browser/format.js';
import { send } from '../e2e/http.js';
import { until } from '../e2e/process.js';
import { printedRows } from './printed.js';
import { card, Drain, drawn, Surroundings, troubleOf } from './surroundings.js';

const MARKUP = '<img src=x onerror=alert(1)>';

describe('charts', () => {
  let surroundings: Surroundings;

  beforeAll(async () => {
    surroundings = await Surroundings.start();
  }, 60_000);

  afterAll(() => Surroundings.stopAll());

  /** Some seconds of an app. */
  async function busyDrain(): Promise<Drain> {
    const drain = surroundings.drain();
    await drain.send(
      Array.from({ length: 30 }, (_, i) => i + 3).flatMap((ago) => [
        [
          ago,
          `source=web.1 measure#db.latency=${ago}.25ms measure#db.latency=${ago * 3}ms measure#db.latency=${ago + 40}ms`,
        ],
        [ago, `source=web.2 count#orders=${ago} sample#queue.depth=${ago * 7}jobs unique#users=u${ago}`],
      ]),
    );
    await drain.delivered(30);
    return drain;
  }

  const texts = (page: Page, name: string, part: string) => card(page, name).locator(part).allTextContents();

  it('are drawn of each kind of series, with the numbers that the console printed', async () => {
    const drain = await busyDrain();
    const page = await surroundings.open();
    await drain.paste(page);
    for (const name of ['db.latency', 'orders', 'queue.depth', 'users']) await drawn(page, name);
    expect(await page.locator('.card .kind').allTextContents()).toEqual(['measure', 'count', 'sample', 'unique']);
    const rows = await until(() => {
      const found = printedRows(surroundings.outlet.process.stdout).filter(
        ({ cells }) => cells['name'] === 'db.latency',
      );
      return found.length >= 30 && found;
    }, 'the console has printed all');

    // Each window under the cursor, moved by keys, from the last one back.
    const chart = card(page, 'db.latency').locator('.plot');
    await chart.focus();
    const seen = new Map<string, string[]>();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('ArrowLeft');
      const [time] = await texts(page, 'db.latency', '.time');
      seen.set(time!, await texts(page, 'db.latency', '.readout b'));
    }
    const timeOf = (seconds: number) => page.evaluate((at) => new Date(at).toLocaleTimeString('en-GB'), seconds * 1000);
    for (const { start, cells } of rows) {
      const shown = seen.get(`${await timeOf(start)} · ${cells['count']} values`);
      const printed = [cells['median'], cells['p95'], cells['p99']].map(
        (text) => `${shortNumber(Number(text))}\u202fms`,
      );
      expect([start, shown]).toEqual([start, printed]);
    }
    // One cursor for all charts.
    const [time] = await texts(page, 'db.latency', '.time');
    expect((await texts(page, 'orders', '.time'))[0]).toBe(time!.split(' · ')[0]);
    expect(troubleOf(page)).toEqual([]);
    await page.context().close();
  });

  it('move on as windows are delivered', async () => {
    const drain = surroundings.drain();
    await drain.send([[3, 'count#orders=2']]);
    await drain.delivered(1);
    const page = await surroundings.open();
    await drain.paste(page);
    await drawn(page, 'orders');
    expect(await texts(page, 'orders', '.readout b')).toEqual(['2']);
    await drain.send([[1, 'count#orders=5 count#refunds=1']]);
    await card(page, 'refunds').waitFor();
    await until(async () => (await texts(page, 'orders', '.readout b'))[0] === '5', 'the new window is shown');
    await page.context().close();
  });

  it('follow one hover, wherever it is', async () => {
    const drain = await busyDrain();
    const page = await surroundings.open();
    await drain.paste(page);
    for (const name of ['db.latency', 'orders', 'queue.depth', 'users']) await drawn(page, name);
    await card(page, 'orders')
      .locator('.u-over')
      .hover({ position: { x: 200, y: 40 } });
    await until(async () => (await page.locator('.card.hovered').count()) === 4, 'all cards show the moment');
    const times = (await page.locator('.time').allTextContents()).map((text) => text.split(' · ')[0]);
    expect(new Set(times).size).toBe(1);
    await page.mouse.move(5, 5);
    await until(async () => (await page.locator('.card.hovered').count()) === 0, 'they show the latest again');
    await page.context().close();
  });

  it('are searched by name and source', async () => {
    const drain = await busyDrain();
    const page = await surroundings.open();
    await drain.paste(page);
    await drawn(page, 'users');
    const search = page.getByRole('searchbox');
    await search.fill('LAT');
    await page.getByText('1 series with “LAT”, live').waitFor();
    expect(await page.locator('.card h2').allTextContents()).toEqual(['db.latency']);
    await search.fill('web.2');
    await page.getByText('3 series with “web.2”, live').waitFor();
    await search.fill('nowhere');
    await page.getByText('No name or source holds “nowhere”.').waitFor();
    await search.fill('');
    await page.getByText('4 series, live').waitFor();
    await page.context().close();
  });

  it('stay as they were while the store is away, and say since when', async () => {
    const own = await Surroundings.start();
    const drain = own.drain();
    await drain.send([[3, 'count#orders=2']]);
    await drain.delivered(1);
    const page = await own.open();
    await drain.paste(page);
    await drawn(page, 'orders');
    await own.redis.kill();
    await page.getByText(/^No news since \d\d:\d\d:\d\d: the store cannot be reached/).waitFor();
    expect(await texts(page, 'orders', '.readout b')).toEqual(['2']);
    await own.redis.restart();
    await page.getByText(/, live$/).waitFor();
  });

  it('are not there before anything came: what is known is said, and what to do', async () => {
    const drain = surroundings.drain();
    const page = await surroundings.open();
    await drain.paste(page);
    await page.getByRole('heading', { name: 'Nothing came yet' }).waitFor();
    expect(await page.locator('.nothing').textContent()).toMatch(
      /Last request.*none within the hour.*curl --data-binary/s,
    );
    expect(await page.locator('.nothing').textContent()).not.toContain(drain.token);
    await drain.send([[1, 'no metric here measure#a=fast']]);
    await page.getByRole('heading', { name: 'Lines came, but no metric in them' }).waitFor();
    expect(await page.locator('.nothing .losses').textContent()).toMatch(/1value-malformed.*is no number/s);
    await drain.send([[1, 'count#orders=3']]);
    await drawn(page, 'orders');
    await page.locator('.strip summary').filter({ hasText: 'dropped: 1 value-malformed' }).waitFor();
    await page.context().close();
  });

  it('show markup in names, sources and lines as the text that it is', async () => {
    const planted = new URLSearchParams({ resolution: '1', prefix: MARKUP, 'source-prefix': MARKUP });
    const drain = surroundings.drain(`?${planted}`);
    await drain.send([[3, `count#orders=1 measure#a=${MARKUP} ${MARKUP}`]]);
    await drain.delivered(1);
    const page = await surroundings.open();
    await drain.paste(page);
    await drawn(page, `${MARKUP}.orders`);
    expect(await card(page, `${MARKUP}.orders`).locator('.source').textContent()).toBe(MARKUP);
    await page.locator('.strip summary').click();
    await page.locator('.strip .losses').waitFor();
    await page.getByRole('tab', { name: 'Drain builder' }).click();
    await page.getByLabel('Try a line of your log').fill(`count#<img/onerror> source="${MARKUP}" ${MARKUP}`);
    await page.locator('.metrics th', { hasText: '<img' }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(troubleOf(page)).toEqual([]);
    await page.context().close();
  });

  it('are not shown for wrong credentials, nor for what is no drain URL: a sentence says so', async () => {
    const page = await surroundings.open();
    const say = async (text: string): Promise<string> => {
      await page.getByLabel('Drain URL', { exact: true }).fill(text);
      await page.getByRole('button', { name: 'Show its charts' }).click();
      await page.locator('.connect .problem:not(:empty)').waitFor();
      return (await page.locator('.connect .problem').textContent())!;
    };
    const { host } = new URL(surroundings.receiver.url);
    expect(await say('hello')).toBe('This is no drain URL: one looks like https://TOKEN@host/logs.');
    expect(await say(`http://${host}/logs`)).toMatch(/no token in it/);
    expect(await say(`http://wrong@${host}/logs`)).toMatch(/does not take this token .*no key of this service/);
    expect(await say('https://wrong@l2met.example.com/logs')).toMatch(/It is of l2met\.example\.com: open that host/);
    expect(troubleOf(page)).toEqual([]);
    await page.context().close();
  });

  it('of a drain URL with another host are those of this one, which is said', async () => {
    const drain = await busyDrain();
    const page = await surroundings.open();
    await page
      .getByLabel('Drain URL', { exact: true })
      .fill(`https://${drain.token}@l2met.example.com/logs?resolution=1`);
    await page.keyboard.press('Enter');
    await drawn(page, 'orders');
    expect(await page.locator('.notice').textContent()).toMatch(/is of l2met\.example\.com/);
    expect(troubleOf(page)).toEqual([]);
    await page.context().close();
  });

  it('leave no trace of the token in address, storage, cookies, title or attributes', async () => {
    const drain = await busyDrain();
    const page = await surroundings.open();
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await drain.paste(page);
    await drawn(page, 'orders');
    const traces = await page.evaluate(() => [
      document.documentElement.outerHTML,
      location.href,
      document.title,
      document.cookie,
      JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + JSON.stringify(history.state),
      [...document.querySelectorAll('input')].map(({ value }) => value).join(),
    ]);
    expect([...traces, ...addresses].join('\n')).not.toContain(drain.token);
    expect(await page.context().cookies()).toEqual([]);
    await page.getByRole('button', { name: 'Forget drain' }).click();
    await page.getByLabel('Drain URL', { exact: true }).waitFor();
    await page.context().close();
  });

  it('are there at once where a one-time code is in the address, which then is in it no more', async () => {
    const drain = await busyDrain();
    const code = 'c'.repeat(22);
    const page = await surroundings.open();
    // The code of a demo; that a receiver takes one once is tested beside its routes.
    await page.route('**/page/open', (route) =>
      route.fulfill({ status: route.request().postData() === code ? 200 : 404, json: { drainUrl: drain.url } }),
    );
    await page.goto('about:blank');
    await page.goto(`${surroundings.receiver.url}/#${code}`);
    await drawn(page, 'orders');
    expect(page.url()).toBe(`${surroundings.receiver.url}/`);
    await page.context().close();
  });

  it('say it where a one-time code is of no use, and take it out of the address', async () => {
    const page = await surroundings.open({}, `#${'x'.repeat(22)}`);
    await page.getByText(/this code was used before/).waitFor();
    expect(page.url()).toBe(`${surroundings.receiver.url}/`);
    expect((await send(`${surroundings.receiver.url}/page/open`, { body: 'x' })).status).toBe(404);
    await page.context().close();
  });
});
