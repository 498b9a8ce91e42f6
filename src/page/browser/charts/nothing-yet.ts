import type { Description } from '../api.js';
import { copyButton } from '../copy-button.js';
import { element, fill } from '../dom.js';
import { ago, timeOfDay, wholeNumber } from '../format.js';
import { lossesOf, lossTable, placeOf, sentence } from './losses.js';

const LINE = 'measure#db.latency=4ms count#orders=1 sample#queue.depth=17';

/** What is said where there is nothing to draw: what is known of the drain, and what to do next. */
export class NothingYet {
  readonly root = element('div', { class: 'narrow nothing' });
  private last = '';

  /** @param drainUrl the whole URL, for the command to copy; it is shown without its token */
  constructor(private readonly drainUrl: () => string) {}

  /** @param nowMs the service's clock */
  show(description: Description, nowMs: number): void {
    const [heading, next] = stateOf(description, nowMs);
    const current = JSON.stringify([heading, next, description]);
    if (current === this.last) return;
    this.last = current;
    const { counts, warnings, destination, lastDataAt, lastDeliveryAt, lastOutcome, windowsWaiting } = description;
    const losses = lossesOf(description);
    const since = (at: string | null): string =>
      at === null ? 'none within the hour' : `${timeOfDay(Date.parse(at))}, ${ago(nowMs - Date.parse(at))} ago`;
    fill(
      this.root,
      element('h2', {}, heading),
      element('p', {}, next),
      element(
        'dl',
        {},
        ...row('Last request', since(lastDataAt)),
        ...row(
          'Came',
          `${wholeNumber(counts['messages'] ?? 0)} lines, ${wholeNumber(counts['measurements'] ?? 0)} measurements`,
        ),
        ...row('Waiting', `${wholeNumber(windowsWaiting)} ${windowsWaiting === 1 ? 'window' : 'windows'}`),
        ...row('Last delivery', `${since(lastDeliveryAt)}${lastOutcome === null ? '' : ` (${lastOutcome})`}`),
        ...row('Destination', placeOf(destination)),
      ),
      losses.length > 0 && lossTable(losses),
      warnings.length > 0 &&
        element('ul', { class: 'warnings' }, ...warnings.map((one) => element('li', {}, sentence(one)))),
      element('h3', {}, 'Send it a line'),
      this.command(),
    );
  }

  private command(): HTMLElement {
    const command = (url: string): string => `curl --data-binary '${LINE}' '${url}'`;
    const shown = new URL(this.drainUrl());
    shown.username = 'TOKEN';
    return element(
      'div',
      { class: 'command' },
      element('code', {}, command(shown.href)),
      copyButton('the command, with the token in it', () => command(this.drainUrl())),
    );
  }
}

function row(term: string, text: string): HTMLElement[] {
  return [element('dt', {}, term), element('dd', {}, text)];
}

/** What is the matter, and what helps. */
function stateOf(description: Description, nowMs: number): [heading: string, next: string] {
  const { counts, hold, firstDueAt, lastDataAt, windowsWaiting, options } = description;
  if (hold !== null) {
    return [
      'Deliveries wait',
      `${sentence(hold.why)} What came is kept. It is tried again at ${timeOfDay(Date.parse(hold.untilAt))}.`,
    ];
  }
  if (windowsWaiting > 0 && firstDueAt !== null) {
    const waitMs = Date.parse(firstDueAt) - nowMs;
    return [
      'The first window is under way',
      waitMs > 0
        ? `Numbers are in. A window of ${options['resolution']} s ends first, then it is delivered and drawn here: in ${ago(waitMs)}.`
        : 'Numbers are in, and their window is being delivered.',
    ];
  }
  if (counts['windowsDelivered']) {
    return [
      'Nothing of the last hour is kept',
      'Windows were delivered, and none is here to be drawn: they are older than an hour, or l2met’s operator keeps none (RECENT_MS, RECENT_BYTES).',
    ];
  }
  if (counts['measurements']) {
    return [
      'No number found its window',
      'Measurements came, and all were too late, or from too far ahead. Compare the clock of the sender with the time here.',
    ];
  }
  if (lastDataAt !== null || counts['requests'] || counts['unreadableRequests']) {
    return [
      'Lines came, but no metric in them',
      'A metric is written into a line as measure#NAME=4ms, count#NAME=1 or sample#NAME=17. Try a line in the drain builder.',
    ];
  }
  return [
    'Nothing came yet',
    'This drain is right, and l2met waits for its first line. Add it to your app (heroku drains:add), or send it a line by hand.',
  ];
}
