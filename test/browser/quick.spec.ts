import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drawn, Surroundings, troubleOf } from './surroundings.js';

/** All that the page loads, compressed. */
const BYTES_MAX = 120 * 1024;

/** From the request to a form that can be used; some 150 ms where nothing else runs. */
const INTERACTIVE_MS_MAX = 1_000;

const SERIES = 10_000;

describe('the page is quick', () => {
  let surroundings: Surroundings;

  beforeAll(async () => {
    surroundings = await Surroundings.start();
  }, 60_000);

  afterAll(() => Surroundings.stopAll());

  it('to load', async () => {
    const page = await surroundings.open();
    await page.getByRole('button', { name: 'Show its charts' }).waitFor();
    const { bytes, interactiveMs } = await page.evaluate(() => {
      const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
      const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
      return {
        bytes: [navigation!, ...loaded].reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
        // Modules have run by then.
        interactiveMs: navigation!.domContentLoadedEventEnd,
      };
    });
    process.stderr.write(`the page: ${bytes} bytes, interactive after ${Math.round(interactiveMs)} ms\n`);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(BYTES_MAX);
    expect(interactiveMs).toBeLessThan(INTERACTIVE_MS_MAX);
    await page.context().close();
  });

  it('to scroll through ten thousand series, of which it draws what is visible', async () => {
    const drain = surroundings.drain();
    for (let i = 0; i < SERIES; i += 500) {
      const names = Array.from({ length: 500 }, (_, j) => `count#series.${String(i + j).padStart(5, '0')}=${j}`);
      await drain.send([12, 9, 6, 3].map((ago) => [ago, names.join(' ')]));
    }
    await drain.delivered(4);
    const page = await surroundings.open();
    await drain.paste(page);
    await drawn(page, 'series.00000');
    await page.getByText('10,000 series, live').waitFor();
    const frames = await page.evaluate(
      (forMs) =>
        new Promise<number[]>((resolve) => {
          const times: number[] = [];
          const step = (at: number): void => {
            times.push(at);
            if (at - times[0]! >= forMs) return resolve(times);
            scrollBy(0, 120);
            requestAnimationFrame(step);
          };
          requestAnimationFrame(step);
        }),
      3_000,
    );
    const perSecond = ((frames.length - 1) * 1000) / (frames.at(-1)! - frames[0]!);
    const longest = Math.max(...frames.slice(1).map((at, i) => at - frames[i]!));
    process.stderr.write(`scrolling: ${perSecond.toFixed(0)} frames a second, the longest ${longest.toFixed(0)} ms\n`);
    expect(perSecond).toBeGreaterThanOrEqual(30);
    expect(await page.locator('.card').count()).toBeLessThan(60);
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await drawn(page, 'series.09999');
    expect(troubleOf(page)).toEqual([]);
    await page.context().close();
  });
});
