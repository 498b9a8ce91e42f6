import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { parseCredentials } from '../../src/model/credentials.js';
import { DrainTokens } from '../../src/crypto/drain-token.js';
import { KeyRing } from '../../src/crypto/key-ring.js';
import { until } from '../e2e/process.js';
import { Surroundings, troubleOf } from './surroundings.js';

const SIGN_SECRET = 'sign-secret-of-the-operator';

describe('the drain builder', () => {
  let surroundings: Surroundings;
  let page: Page;

  beforeAll(async () => {
    surroundings = await Surroundings.start({ SIGN: 'on', SIGN_SECRET });
    page = await surroundings.open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByRole('button', { name: 'Build one' }).click();
  }, 60_000);

  afterAll(async () => {
    expect(troubleOf(page)).toEqual([]);
    await Surroundings.stopAll();
  });

  const line = (label: string) => page.locator('.lines .line').filter({ hasText: label });

  it('shows what each line of a log would give, and what would be rejected', async () => {
    const area = page.getByLabel('Try a line of your log');
    await area.fill('source=web.1 measure#db.latency=4ms count#orders=2 measure#b=fast');
    await page.getByText('2 metrics, 1 rejected').waitFor();
    const rows = await page.locator('.metrics tbody tr').allTextContents();
    expect(rows).toEqual(['db.latencymeasureweb.14\u202fms', 'orderscountweb.12']);
    expect(await page.locator('.rejects li').textContent()).toMatch(/^measure#b=fast value-malformed: .*is no number/);
    await page.getByLabel('prefix', { exact: true }).fill('shop');
    await page.locator('.metrics th', { hasText: 'shop.orders' }).waitFor();
    await area.fill('nothing here');
    await page.getByText(/^No metric in it: write one as/).waitFor();
  });

  it('makes a drain URL of destination and options, and shows it in the forms in which it is used', async () => {
    await page.getByRole('radio', { name: /^OTLP/ }).check();
    await page.getByLabel('Fill in for').selectOption('Honeycomb');
    await page.getByText(/^Not yet complete: .*value of a header/).waitFor();
    expect(await page.getByRole('button', { name: 'Sign', exact: true }).isDisabled()).toBe(true);
    await page.getByLabel('Value', { exact: true }).fill('key & more');
    await page.getByLabel('service.name').fill('shop');
    await page.getByLabel('resolution').selectOption('5');
    await page.getByLabel('Signing secret', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign', exact: true }).click();
    await page.getByText(/^It was not signed: wrong secret/).waitFor();
    await page.getByLabel('Signing secret', { exact: true }).fill(SIGN_SECRET);
    await page.getByRole('button', { name: 'Sign', exact: true }).click();
    const href = await until(async () => {
      const text = await line('Drain URL').locator('code').textContent();
      return text!.includes('gAAAA') && text;
    }, 'the drain URL is there');
    const url = new URL(href!);
    expect([url.host, url.pathname, url.search]).toEqual([
      new URL(surroundings.receiver.url).host,
      '/logs',
      '?resolution=5&prefix=shop',
    ]);
    const opened = new DrainTokens(KeyRing.parse(surroundings.secrets)).open(url.username);
    const credentials = opened.ok ? opened.credentials : '';
    expect(parseCredentials(credentials)).toMatchObject({
      credentials: { target: { headers: { 'x-honeycomb-team': 'key & more' }, resource: { 'service.name': 'shop' } } },
    });
    for (const [label, text] of [
      ['Heroku', `heroku drains:add '${href}' -a my-app`],
      ['curl', `curl --data-binary 'measure#db.latency=4ms' '${href}'`],
      ['log-shuttle', `my-app | log-shuttle -logs-url='${href}'`],
    ]) {
      expect(await line(label!).locator('code').textContent()).toBe(text);
      await page.getByRole('button', { name: `Copy ${label}` }).click();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
    }
    expect(await page.evaluate(() => document.documentElement.outerHTML.match(/="[^"]*gAAAA/))).toBeNull();
    await page.getByRole('button', { name: 'See its charts' }).click();
    await page.getByRole('heading', { name: 'Nothing came yet' }).waitFor();
    expect(await page.locator('.nothing').textContent()).toContain('api.honeycomb.io (otlp)');
  });

  it('says what is wrong with a destination in the words of the receiver', async () => {
    await page.getByRole('tab', { name: 'Drain builder' }).click();
    await page.getByRole('radio', { name: /^Librato-compatible/ }).check();
    await page.getByLabel('Endpoint').fill('https://metrics.example.com/v1/metrics');
    await page.getByText(/a librato destination needs a user name and a token/).waitFor();
    await page.getByLabel('User name').fill('me@example.com');
    await page.getByLabel('API token', { exact: true }).fill('s3cret');
    await until(() => page.getByRole('button', { name: 'Sign', exact: true }).isEnabled(), 'it can be signed');
    // The token of another destination is not shown any more.
    expect(await line('Drain URL').locator('code').textContent()).toContain('TOKEN@');
  });

  it('leads to the command line where nothing is signed over HTTP', async () => {
    const own = await Surroundings.start({ SIGN: 'off' });
    const other = await own.open();
    await other.getByRole('tab', { name: 'Drain builder' }).click();
    await other.getByText(`l2met sign --url ${own.receiver.url}`).waitFor();
    const token = own.drain().token;
    await other.getByLabel('The drain URL, or token, that it printed', { exact: true }).fill(token);
    expect(await other.locator('.lines code').first().textContent()).toContain(`//${token}@`);
    expect(troubleOf(other)).toEqual([]);
  });
});
